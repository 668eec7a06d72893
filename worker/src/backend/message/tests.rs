//! Bounds, and what is beyond them.

use super::*;

fn work() -> Work {
	Work {
		kernel: vec![0; MAX_PROGRAM_BYTES],
		items: 1,
		max_units: 1,
		params: vec![0; 16],
		inputs: vec![
			InputFile {
				path: FilePath(vec![b'x'; MAX_PATH]),
				len: u32::MAX,
			};
			8
		],
	}
}

fn run(work: Work) -> Request {
	Request::Run {
		id: 1,
		work,
		output: FilePath::new(Path::new("/tmp/bundle")),
	}
}

#[test]
fn the_longest_request_fits_a_frame() {
	let longest = Request::Run {
		id: u64::MAX,
		work: work(),
		output: FilePath(vec![b'x'; MAX_PATH]),
	};
	assert_eq!(longest.check(), Ok(()));
	let length = longest.encode().len();
	assert!(length < crate::backend::frame::MAX_FRAME as usize, "{length}");
}

#[test]
fn what_is_beyond_a_bound_is_refused() {
	let changed = |change: &dyn Fn(&mut Work)| {
		let mut work = work();
		change(&mut work);
		run(work).check()
	};
	assert_eq!(changed(&|_| {}), Ok(()));
	assert!(changed(&|work| work.kernel.push(0)).is_err());
	assert!(changed(&|work| work.params.push(0)).is_err());
	assert!(changed(&|work| work.inputs.push(work.inputs[0].clone())).is_err());
	for path in [vec![], vec![b'x'; MAX_PATH + 1], b"a\0b".to_vec()] {
		assert!(changed(&|work| work.inputs[0].path = FilePath(path.clone())).is_err());
	}
	assert!(Request::Hello { protocol: PROTOCOL + 1 }.check().is_err());
	let long = Answer::Unusable {
		message: "x".repeat(MAX_TEXT + 1),
	};
	assert!(long.check().is_err());
}

#[test]
fn what_is_said_of_the_hardware_arrives_whole_and_is_bounded() {
	let told = millrace_compute::Hardware {
		model: "NVIDIA H200".to_owned(),
		memory: 141 << 30,
		compute_capability: Some((9, 0)),
		driver: "CUDA 12.4".to_owned(),
		uuid: Some([7; 16]),
	};
	let ready = |hardware| Answer::Ready {
		kind: Kind::Cuda,
		device: String::new(),
		description: String::new(),
		hardware,
	};
	let sent = ready(Hardware::from(&told));
	assert_eq!(sent.check(), Ok(()));
	let Ok(Answer::Ready { hardware, .. }) = Answer::decode(&mut sent.encode().as_slice()) else {
		panic!("it is another answer");
	};
	assert_eq!(millrace_compute::Hardware::from(hardware), told);

	let text = || "x".repeat(MAX_TEXT + 1);
	let model = Hardware {
		model: text(),
		..Hardware::default()
	};
	let driver = Hardware {
		driver: text(),
		..Hardware::default()
	};
	for long in [model, driver] {
		assert!(ready(long).check().is_err());
	}
}

#[test]
fn texts_are_cut_between_characters() {
	assert_eq!(bounded("short".to_owned()), "short");
	// 2,047 bytes, then a character of two.
	let cut = bounded(format!("{}é", "x".repeat(MAX_TEXT - 1)));
	assert_eq!(cut, "x".repeat(MAX_TEXT - 1));
}

#[test]
fn paths_keep_bytes_that_are_no_text() {
	let path = PathBuf::from(OsString::from_vec(vec![b'/', 0xff, b'x']));
	assert_eq!(FilePath::new(&path).path(), path);
}
