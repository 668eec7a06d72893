//! `millrace watch`.

use super::{arguments::WatchArguments, print::grouped, Session};
use crate::{
	amount,
	exit::{Code, Failure},
	job::{CheckWish, Records},
	watch::{Line, Options, Watcher},
};

pub(super) async fn run(session: &Session<'_>, arguments: WatchArguments) -> Result<(), Failure> {
	let key = match arguments.refute {
		true => Some(session.key()?),
		false => None,
	};
	let records = Records::of_user();
	let chain = session.chain().await?;
	let printer = session.printer;
	let which = match arguments.leaves {
		CheckWish::All => "all leaves".to_owned(),
		CheckWish::Sample(count) => format!("{count} random leaves"),
		CheckWish::None => "no leaves".to_owned(),
	};
	printer.note(&format!(
		"watching {}: {which} of every committed job that is public or whose data key is here; what is wrong is {}",
		chain.url(),
		if key.is_some() { "refuted" } else { "only reported" }
	));
	let tell = |line: &Line| printer.show(line, || line.to_string());
	let note = |text: &str| printer.note(text);
	let watcher = Watcher {
		chain: &chain,
		key: key.as_ref(),
		records: &records,
		options: Options {
			wish: arguments.leaves,
			units_per_hour: arguments.budget,
			jobs_per_hour: arguments.max_jobs,
			max_fees: arguments.max_fees,
			once: arguments.once,
			allow_private: arguments.allow_private,
		},
		tell: &tell,
		note: &note,
	};
	let summary = watcher.run(stopped()).await;
	printer.note(&format!(
		"{} jobs looked at, {} wrong, {} refuted here; {} units re-run, {} of fees paid",
		grouped(summary.jobs),
		grouped(summary.wrong),
		grouped(summary.refuted),
		grouped(summary.units),
		amount::print(summary.fees)
	));
	if arguments.once && summary.wrong > 0 {
		return Err(Failure::new(
			Code::CheckFailed,
			format!("{} of {} results are wrong", summary.wrong, summary.jobs),
			match key {
				Some(_) => "",
				None => "give --refute and a key to prove it to the chain",
			},
		)
		.with_details(serde_json::to_value(summary).unwrap_or_default()));
	}
	Ok(())
}

/// Ready when the process is asked to end: by Ctrl-C, or by whoever manages services.
async fn stopped() {
	#[cfg(unix)]
	{
		use tokio::signal::unix::{signal, SignalKind};
		if let Ok(mut terminated) = signal(SignalKind::terminate()) {
			tokio::select! {
				_ = tokio::signal::ctrl_c() => {}
				_ = terminated.recv() => {}
			}
			return;
		}
	}
	let _ = tokio::signal::ctrl_c().await;
}
