//! `millrace job why`.

use super::{
	super::{print::pairs, Session},
	not_live,
};
use crate::{
	chain::{JobId, JobView, ProviderId, Tick, Unfit, Waits},
	exit::{Code, Failure},
	job::{Explanation, Verdict},
};
use serde_json::{json, Value};
use std::process::ExitCode;

/// Prints the explanation; the exit code says what it comes to.
pub(super) async fn run(session: &Session<'_>, id: JobId, provider: Option<ProviderId>) -> Result<ExitCode, Failure> {
	let at = session.chain().await?.best().await?;
	let (Some(job), Some(waits)) = (at.job(id).await?, at.explain(id).await?) else {
		return Err(not_live(id));
	};
	let tick = at.tick().await?;
	let serves = match provider {
		Some(provider) => at.explain_match(id, provider).await?.map(|serves| (provider, serves)),
		None => None,
	};
	let answer = Answer {
		job: &job,
		tick,
		waits,
		serves,
	};
	session.printer.show(&answer.object(), || answer.text());
	Ok(exit_code(answer.verdict()))
}

/// What scripts go by.
fn exit_code(verdict: Verdict) -> ExitCode {
	match verdict {
		Verdict::UnderWay => ExitCode::SUCCESS,
		Verdict::Waits => ExitCode::from(Code::Waits.number()),
		Verdict::WillNotStart => ExitCode::from(Code::WillNotStart.number()),
	}
}

/// What was found, in both forms.
struct Answer<'a> {
	job: &'a JobView,
	tick: Tick,
	waits: Waits,
	serves: Option<(ProviderId, Result<(), Unfit>)>,
}

impl Answer<'_> {
	fn waiting(&self) -> Explanation {
		Explanation::of_waiting(&self.waits, self.job, self.tick)
	}

	fn matching(&self) -> Option<Explanation> {
		let (provider, serves) = self.serves.as_ref()?;
		Some(Explanation::of_match(serves, *provider, self.job, self.tick))
	}

	/// Whoever asks about a provider wants to know whether that one serves.
	fn verdict(&self) -> Verdict {
		self.matching().unwrap_or_else(|| self.waiting()).verdict
	}

	fn object(&self) -> Value {
		let waiting = self.waiting();
		let provider = self.serves.as_ref().zip(self.matching()).map(|((id, serves), why)| {
			json!({
				"provider": id,
				"serves": serves.is_ok(),
				"unfit": serves.err(),
				"says": why.says,
				"advice": why.advice,
			})
		});
		json!({
			"job": self.job.id,
			"state": self.job.state.name(),
			"tick": self.tick,
			"waits": self.waits,
			"verdict": self.verdict(),
			"says": waiting.says,
			"advice": waiting.advice,
			"provider": provider,
		})
	}

	fn text(&self) -> String {
		let waiting = self.waiting();
		let mut rows = vec![
			("job", self.job.id.to_string()),
			("state", self.job.state.name().to_owned()),
			("why", waiting.says),
			("what to do", waiting.advice),
		];
		if let Some(matching) = self.matching() {
			rows.push(("this provider", matching.says));
			if !matching.advice.is_empty() {
				rows.push(("what to do", matching.advice));
			}
		}
		pairs(rows)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{chain::Price, job::fixture::in_the_book};

	fn answer(job: &JobView, waits: Waits, serves: Option<(ProviderId, Result<(), Unfit>)>) -> Answer<'_> {
		Answer {
			job,
			tick: 1_000,
			waits,
			serves,
		}
	}

	#[test]
	fn the_answer_is_a_sentence_and_an_object() {
		let job = in_the_book();
		let waits = Waits::AsksTooDear {
			cheapest: Price(81),
			bid: Price(75),
			expires: 1_400,
		};
		let unfit = Unfit::Paused { until: 1_010 };
		let answer = answer(&job, waits, Some((6, Err(unfit))));
		let text = answer.text();
		for part in ["wants 81 planck", "what to do", "provider 6 has turned a job down"] {
			assert!(text.contains(part), "{part}: {text}");
		}
		let object = answer.object();
		assert_eq!(object["waits"]["reason"], "asks_too_dear");
		assert_eq!(object["waits"]["cheapest"], 81);
		assert_eq!(object["verdict"], "will_not_start");
		assert_eq!(object["provider"]["unfit"]["rule"], "paused");
		assert_eq!(object["provider"]["serves"], false);
	}

	#[test]
	fn a_provider_that_is_asked_about_decides() {
		let job = in_the_book();
		let waits = Waits::Behind {
			ahead: 2,
			expires: 1_400,
		};
		assert_eq!(answer(&job, waits, None).verdict(), Verdict::Waits);
		assert_eq!(answer(&job, waits, Some((6, Ok(())))).verdict(), Verdict::UnderWay);
		assert!(answer(&job, waits, None).object()["provider"].is_null());
	}

	#[test]
	fn exit_codes_are_those_of_the_documents() {
		for (verdict, number) in [
			(Verdict::UnderWay, 0),
			(Verdict::Waits, 10),
			(Verdict::WillNotStart, 11),
		] {
			let (is, wanted) = (exit_code(verdict), ExitCode::from(number));
			assert_eq!(format!("{is:?}"), format!("{wanted:?}"), "{verdict:?}");
		}
	}
}
