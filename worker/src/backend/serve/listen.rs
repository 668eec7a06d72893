//! Reading requests, and leaving when nobody sends them any more.

use super::CONFUSED;
use crate::backend::{
	frame::{read_frame, FrameError},
	message::Request,
};
use std::{
	io::{self, Read},
	process::{abort, exit},
	sync::{
		atomic::{AtomicBool, Ordering},
		mpsc::{sync_channel, Receiver, SyncSender},
		Arc,
	},
	thread,
	time::Duration,
};

/// Requests that wait. The worker sends the next one after the answer.
const WAITING: usize = 4;
/// How long the libraries' own ends may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A request, and the flag that is set when it is cancelled.
type Asked = (Request, Arc<AtomicBool>);

/// Starts to read requests. The process ends once there are no more, or something else.
pub(super) fn listen(from: impl Read + Send + 'static) -> io::Result<Receiver<Asked>> {
	let (sender, requests) = sync_channel(WAITING);
	thread::Builder::new().name("requests".to_owned()).spawn(move || {
		let code = match read(from, &sender) {
			FrameError::Closed => 0,
			error => {
				let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
				eprintln!(
					"what the worker sent cannot be read: {error}{}",
					cause.unwrap_or_default()
				);
				CONFUSED
			}
		};
		leave(code);
	})?;
	Ok(requests)
}

/// Reads until something is wrong.
fn read(mut from: impl Read, sender: &SyncSender<Asked>) -> FrameError {
	let mut current: Option<(u64, Arc<AtomicBool>)> = None;
	loop {
		let request = match read_frame(&mut from) {
			Ok(request) => request,
			Err(error) => return error,
		};
		let number = match &request {
			Request::Cancel { id } => {
				if let Some((_, cancel)) = current.as_ref().filter(|(current, _)| current == id) {
					cancel.store(true, Ordering::Relaxed);
				}
				continue;
			}
			Request::Hello { .. } => None,
			Request::Probe { id, .. } | Request::Run { id, .. } => Some(*id),
		};
		let cancel = Arc::new(AtomicBool::new(false));
		current = number.map(|number| (number, cancel.clone()));
		if sender.try_send((request, cancel)).is_err() {
			return FrameError::Broken("more requests than may wait");
		}
	}
}

/// Ends the process at once. A driver's own end may hang; it gets two seconds.
pub(super) fn leave(code: i32) -> ! {
	let _ = thread::Builder::new().spawn(|| {
		thread::sleep(PATIENCE);
		abort();
	});
	exit(code)
}
