//! The builder.

use millrace_kernel::{
	asm::{Address, BuildError, Builder, Load, D, W},
	program::{Problem, ProgramError},
};

use crate::program;

#[test]
fn a_builder_gives_what_the_text_gives() {
	let mut b = Builder::new(16, 1000);
	b.inputs(2, 4).params(1).scratch(64);
	let (i, c, quad, p) = (b.w(), b.w(), b.w4(), b.d());
	assert_eq!((i, c, quad, p), (W(0), W(1), W(2), D(0)));
	assert_eq!(b.constants(&[1, 2, 3]), 0);
	let element = Address {
		register: i,
		offset: 3,
		load: Some(Load {
			input: 1,
			cursor: 5,
			zero: true,
		}),
	};
	b.emit("param", &[p.into(), 0u32.into()]);
	let done = b.block();
	let top = b.repeat();
	b.emit("ld128", &[quad.into(), element.into()]);
	b.emit("add", &[i.into(), i.into(), 1u32.into()]);
	b.emit("ltu", &[c.into(), i.into(), 9u32.into()]);
	b.br_ifz(c, done);
	b.when(c);
	b.emit("trap", &[]);
	b.otherwise();
	b.br_if(c, top);
	b.br(done);
	b.end().end().end();
	let out = Address {
		register: c,
		offset: 0,
		load: None,
	};
	b.emit("sto128", &[out.into(), quad.into()]);
	let text = "
		.item 16\n.scratch 64\n.max_units 1000\n.max_faults 4\n.inputs a b\n.params k\n.const u8 1, 2, 3
		.w i c q0 q1 q2 q3\n.d p
		param p, k
		block done
			loop top
				ld128.z q0, b[i + 3]:5
				add i, i, 1
				ltu c, i, 9
				br_ifz c, done
				if c
					trap
				else
					br_if c, top
					br done
				end
			end
		end
		sto128 [c], q0";
	assert_eq!(b.build(), Ok(program(text)));
}

#[test]
fn a_builder_keeps_the_first_error() {
	let mut b = Builder::new(16, 1000);
	let x = b.w();
	b.emit("add", &[x.into(), x.into()]).emit("nothing", &[]);
	let message = "expected 3 operands of `add`, found 2".to_string();
	assert_eq!(b.build(), Err(BuildError::Instruction { at: 0, message }));

	let mut b = Builder::new(16, 1000);
	let done = b.block();
	b.end().br(done);
	assert!(matches!(b.build(), Err(BuildError::Instruction { at: 2, .. })));

	let mut b = Builder::new(16, 1000);
	for _ in 0..257 {
		b.w();
	}
	assert_eq!(b.build(), Err(BuildError::Registers));

	let mut b = Builder::new(16, 1000);
	b.emit("else", &[]);
	let refused = ProgramError::Instruction {
		at: 0,
		problem: Problem::Else,
	};
	assert_eq!(b.build(), Err(BuildError::Program(refused)));
}
