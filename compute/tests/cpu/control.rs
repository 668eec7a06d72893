//! Control flow, against results worked out by hand.

use crate::harness::run;

/// Items of 4 bytes: `x` of the items 0, 1, 2, …
fn results(body: &str, items: u32) -> Vec<u32> {
	let text = format!(".item 4\n.max_units 5000\n.w i x t u zero\n  index i\n{body}\n  sto32 [zero], x\n");
	let ran = run(&text, items, &[], &[]);
	assert_eq!(ran.traps(), 0, "{text}");
	ran.words()
}

#[test]
fn arms_are_chosen_and_joined() {
	let body = "
  and t, i, 1
  shru u, i, 1
  if t
    if u
      add x, x, 1
    else
      add x, x, 2
    end
    add x, x, 10
  else
    if u
      add x, x, 4
    end
    br_if u, 0
    add x, x, 20
  end
  add x, x, 100";
	// 0: neither; 1: t; 2: u; 3: both.
	assert_eq!(results(body, 4), [120, 112, 104, 111]);
}

#[test]
fn loops_run_as_often_as_they_say() {
	// The sum of 1 to i, and i more for each round of an inner loop of three.
	let body = "
  mov t, i
  block done
    loop again
      br_ifz t, done
      add x, x, t
      mov u, 3
      loop inner
        add x, x, 100
        sub u, u, 1
        br_if u, inner
      end
      sub t, t, 1
      br again
    end
  end";
	let expected: Vec<u32> = (0..9).map(|i| i * (i + 1) / 2 + 300 * i).collect();
	assert_eq!(results(body, 9), expected);
}

#[test]
fn branches_leave_as_many_blocks_as_they_say() {
	let mut body = String::from("  block\n  block\n  block\n  block\n");
	for depth in 0..4 {
		body.push_str(&format!("  eq t, i, {depth}\n  br_if t, {depth}\n"));
	}
	body.push_str(
		"  add x, x, 16\n  return\n  end\n  add x, x, 1\n  end\n  add x, x, 2\n  end\n  \
	            add x, x, 4\n  end\n",
	);
	// Item 4 returns before its result is stored.
	assert_eq!(results(&body, 5), [7, 6, 4, 0, 0]);
}

#[test]
fn dead_code_has_no_effect() {
	let body = "
  block out
    if i
      add x, x, 1
      br out
      add x, x, 1000
      loop dead
        if x
          br dead
        else
          trap
        end
        block
          return
        end
        br_if x, out
      end
      add x, x, 2000
    else
      add x, x, 2
    end
    add x, x, 10
  end
  block
    br 0
    add x, x, 3000
    block
      trap
    end
  end
  add x, x, 100
  loop
    block
      br 0
      if x
      else
        add x, x, 7
      end
    end
    br_ifz x, 0
  end";
	assert_eq!(results(body, 3), [112, 101, 101]);
}

#[test]
fn the_end_may_be_dead() {
	let text = ".item 4\n.max_units 100\n.w i zero\n  index i\n  sto32 [zero], i\n  return\n  trap\n";
	let ran = run(text, 3, &[], &[]);
	assert_eq!(ran.words(), [0, 1, 2]);
	// 16 of the item, 1, 4, 1.
	assert_eq!((ran.units(), ran.traps()), (3 * 22, 0));
}

#[test]
fn an_else_is_charged_where_the_first_arm_falls_into_it() {
	let text = ".item 4\n.max_units 100\n.w i x zero\n  index i\n  if i\n    mov x, 5\n  else\n    mov x, 6\n  \
	            end\n  sto32 [zero], x\n";
	let ran = run(text, 2, &[], &[]);
	assert_eq!(ran.words(), [6, 5]);
	// Item 0: 16 + index 1 + if 1 + mov 1 + sto 4; item 1 one more for the else.
	assert_eq!(ran.units(), 23 + 24);
	let text = ".item 4\n.max_units 100\n.w i x zero\n  index i\n  if i\n    return\n  else\n    mov x, 6\n  \
	            end\n  sto32 [zero], x\n";
	// Item 1: 16 + index 1 + if 1 + return 1, no else.
	assert_eq!(run(text, 2, &[], &[]).units(), 23 + 19);
}

#[test]
fn units_of_a_loop_are_those_of_its_rounds() {
	let text = ".item 4\n.max_units 4000\n.w i t zero\n  index i\n  mov t, i\n  block out\n    \
	            loop again\n      br_ifz t, out\n      \
	            sub t, t, 1\n      br again\n    end\n  end\n  sto32 [zero], i\n";
	let ran = run(text, 40, &[], &[]);
	// 16 + 2, three for each round, one for the last look, 4.
	let expected: u64 = (0..40).map(|i| 23 + 3 * i).sum();
	assert_eq!((ran.units(), ran.traps()), (expected, 0));
}
