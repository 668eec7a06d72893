//! Outages: how they show in a provider, what they will cost, and `millrace provider touch`.

use super::super::{
	print::{grouped, pairs, table},
	progress::time_left,
	Session,
};
use crate::{
	amount,
	chain::{Call, DowntimePreview, Outage, PreviewStep, ProviderId, Record, Tick, SECONDS_PER_TICK},
	exit::{Code, Failure},
};
use serde_json::{json, Value};

/// Parts in the whole of an outage's scale.
const WHOLE: u32 = 1_000_000_000;

/// What a provider's record says of outages that are over.
pub(super) fn record_text(record: &Record) -> String {
	let hours = record.unreachable.saturating_mul(SECONDS_PER_TICK) / 3_600;
	format!(
		"{}, {} ticks of those that are over (about {hours} h)",
		grouped(record.outages),
		grouped(record.unreachable)
	)
}

/// An outage for people.
pub(super) fn outage_text(outage: &Outage, now: Tick) -> String {
	let ticks = outage.ticks(now);
	let ended = match outage.ended {
		Some(ended) => format!("ended at tick {ended}"),
		None => "goes on".to_owned(),
	};
	let scale = match outage.scale {
		Some(WHOLE) => "nothing is forgiven".to_owned(),
		Some(scale) => format!("{} of its cost is left, the rest is forgiven", percent(scale)),
		None => "what is forgiven is not known yet".to_owned(),
	};
	let next = match outage.check {
		Some(tick) if tick <= now => "looked at now".to_owned(),
		Some(tick) => format!("looked at again at tick {tick}, in {}", time_left(tick, now)),
		None => "costs nothing more".to_owned(),
	};
	format!(
		"since tick {}, {ended}, {} ticks ({}); slashed {}, other penalties {}; {scale}; {next}",
		outage.began,
		grouped(ticks),
		time_left(ticks, 0),
		amount::print(outage.charged),
		amount::print(outage.deducted),
	)
}

/// A part of a thousand million.
fn percent(parts: u32) -> String {
	format!("{}.{} %", parts / 10_000_000, parts / 1_000_000 % 10)
}

/// An outage for programs.
pub(super) fn outage_object(outage: &Outage, now: Tick) -> Value {
	json!({
		"began_tick": outage.began,
		"ended_tick": outage.ended,
		"ticks": outage.ticks(now),
		"required": outage.required.to_string(),
		"job_was_running": outage.running,
		"scale_parts_per_billion": outage.scale,
		"charged": outage.charged.to_string(),
		"deducted": outage.deducted.to_string(),
		"next_look_tick": outage.check,
	})
}

/// Prints what it costs to be gone, or to stay gone.
pub(super) async fn preview(session: &Session<'_>, provider: ProviderId) -> Result<(), Failure> {
	let at = session.chain().await?.finalised().await?;
	let preview = at
		.downtime_preview(provider)
		.await?
		.ok_or_else(|| Failure::new(Code::Config, format!("there is no provider {provider}"), ""))?;
	session
		.printer
		.show(&preview_object(provider, &preview), || preview_text(provider, &preview));
	Ok(())
}

fn preview_object(provider: ProviderId, preview: &DowntimePreview) -> Value {
	let step = |step: &PreviewStep| {
		json!({
			"tick": step.tick,
			"seconds": u64::from(step.tick.saturating_sub(preview.now)) * SECONDS_PER_TICK,
			"amount": step.amount.to_string(),
			"chills": step.chills,
		})
	};
	json!({
		"provider": provider,
		"tick": preview.now,
		"began_tick": preview.began,
		"outage": preview.outage.map(|outage| outage_object(&outage, preview.now)),
		"required": preview.required.to_string(),
		"job_running": preview.running,
		"steps": preview.steps.iter().map(step).collect::<Vec<Value>>(),
	})
}

fn preview_text(provider: ProviderId, preview: &DowntimePreview) -> String {
	let began = match &preview.outage {
		Some(outage) => outage_text(outage, preview.now),
		None => format!("would begin now, at tick {}", preview.now),
	};
	let mut text = pairs([
		("provider", provider.to_string()),
		("outage", began),
		("stake that is required", amount::print(preview.required)),
		(
			"a job is running",
			if preview.running { "yes" } else { "no" }.to_owned(),
		),
	]);
	if preview.steps.is_empty() {
		text.push_str("\n\nIt costs nothing.");
		return text;
	}
	let mut sum = 0u128;
	let rows = preview.steps.iter().map(|step| {
		sum = sum.saturating_add(step.amount);
		let when = match step.tick <= preview.now {
			true => "now".to_owned(),
			false => format!("in about {}", time_left(step.tick, preview.now)),
		};
		vec![
			step.tick.to_string(),
			when,
			amount::print(step.amount),
			amount::print(sum),
			if step.chills { "chilled" } else { "" }.to_owned(),
		]
	});
	let rows: Vec<Vec<String>> = rows.collect();
	text.push_str("\n\n");
	text.push_str(&table(&["tick", "when", "slashed then", "in all", ""], rows));
	text
}

/// Has the chain look at every outage of the provider whose tick has come.
pub(super) async fn touch(session: &Session<'_>, provider: ProviderId) -> Result<(), Failure> {
	let key = session.key()?;
	let chain = session.chain().await?;
	let at = chain.best().await?;
	let now = at.tick().await?;
	let outages = at.outages(provider).await?;
	let (mut touched, mut fee) = (Vec::new(), 0u128);
	for outage in outages.iter().filter(|outage| outage.is_due(now)) {
		let began = outage.began;
		let included = chain
			.call_final(&Call::TouchOutage { provider, began }, key.pair())
			.await?;
		touched.push(began);
		fee = fee.saturating_add(included.fee);
	}
	let next = outages
		.iter()
		.filter(|outage| !outage.is_due(now))
		.filter_map(|outage| outage.check)
		.min();
	let object = json!({ "touched": touched, "fee": fee.to_string(), "next_look_tick": next });
	session.printer.show(&object, || {
		let next = next.map_or_else(|| "none".to_owned(), |tick| tick.to_string());
		if touched.is_empty() {
			return format!("nothing is due; next look at tick: {next}");
		}
		let ticks: Vec<String> = touched.iter().map(ToString::to_string).collect();
		pairs([
			("outages looked at, since tick", ticks.join(", ")),
			("transaction fees", amount::print(fee)),
		])
	});
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::amount::MILL;

	fn outage() -> Outage {
		Outage {
			began: 1_000,
			ended: None,
			required: 336 * MILL,
			running: true,
			scale: None,
			charged: 0,
			deducted: 0,
			check: Some(3_600),
		}
	}

	#[test]
	fn an_outage_says_how_long_it_lasts_and_what_it_costs() {
		let text = outage_text(&outage(), 1_100);
		for part in [
			"since tick 1000, goes on, 100 ticks (5 min)",
			"not known yet",
			"again at tick 3600, in 2 h",
		] {
			assert!(text.contains(part), "{text}");
		}
		let over = Outage {
			ended: Some(1_300),
			scale: Some(800_000_000),
			charged: MILL,
			deducted: MILL / 2,
			..outage()
		};
		let text = outage_text(&over, 3_600);
		for part in [
			"ended at tick 1300, 300 ticks (15 min)",
			"slashed 1 MILL, other penalties 0.5 MILL",
			"80.0 %",
			"now",
		] {
			assert!(text.contains(part), "{text}");
		}
		let object = outage_object(&over, 3_600);
		assert_eq!(object["ticks"], 300);
		assert_eq!(object["charged"], MILL.to_string());
		assert_eq!(object["scale_parts_per_billion"], 800_000_000);
		let most = Outage {
			scale: Some(WHOLE),
			check: None,
			..outage()
		};
		assert!(outage_text(&most, 9_000).ends_with("nothing is forgiven; costs nothing more"));
	}

	#[test]
	fn a_preview_adds_its_steps_up() {
		let step = |tick, amount, chills| PreviewStep { tick, amount, chills };
		let preview = DowntimePreview {
			now: 100,
			began: 100,
			outage: None,
			required: 336 * MILL,
			running: false,
			steps: vec![step(100, MILL, false), step(2_501, 2 * MILL, true)],
		};
		let text = preview_text(4, &preview);
		for part in [
			"would begin now",
			"336 MILL",
			"3 MILL",
			"in about 2 h",
			"chilled",
			"now",
		] {
			assert!(text.contains(part), "{text}");
		}
		let object = preview_object(4, &preview);
		assert_eq!(object["steps"][1]["seconds"], 7_203);
		assert!(object["outage"].is_null());
		let free = DowntimePreview {
			steps: Vec::new(),
			..preview
		};
		assert!(preview_text(4, &free).ends_with("It costs nothing."));
	}
}
