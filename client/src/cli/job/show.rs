//! `millrace job get` and `millrace job list`.

use super::{
	super::{
		arguments::JobListArguments,
		print::{grouped, pairs, table},
		Session,
	},
	not_live,
};
use crate::{
	amount,
	chain::{to_hex, JobFilter, JobId, JobState, JobView, Target, Window},
	exit::Failure,
	job::{short_root, Explanation},
};
use futures::TryStreamExt;
use serde_json::{json, Map, Value};

pub(super) async fn get(session: &Session<'_>, id: JobId) -> Result<(), Failure> {
	let at = session.chain().await?.best().await?;
	let job = at.job(id).await?.ok_or_else(|| not_live(id))?;
	let tick = at.tick().await?;
	let demand = at.demand(id).await?;
	let waits = at.explain(id).await?;
	let explanation = waits.map(|waits| Explanation::of_waiting(&waits, &job, tick));
	let mut object = object(&job);
	if let Some(object) = object.as_object_mut() {
		object.extend(details(&job));
		object.insert("tick".to_owned(), tick.into());
		object.insert("waits".to_owned(), json!(waits));
		if let Some(demand) = &demand {
			object.insert("demanded_leaves".to_owned(), json!(demand.leaves));
		}
	}
	session.printer.show(&object, || {
		let mut rows = vec![
			("job", job.id.to_string()),
			("state", job.state.name().to_owned()),
			("requester", job.requester.to_string()),
			("kernel", job.spec.kernel.to_string()),
			("parameters", parameters(&job)),
			("inputs", inputs(&job)),
			("items", grouped(job.spec.items)),
			("units an item at most", grouped(job.spec.max_units)),
			("leaves", grouped(job.leaves())),
			("output, bytes", grouped(job.output_bytes())),
			(
				"anyone may fetch it",
				if job.spec.terms.public { "yes" } else { "no" }.to_owned(),
			),
			("asked of", target(&job)),
			("counts in the pool", job.pool.to_string()),
			("submitted at tick", job.submitted.to_string()),
			("price", job.price.to_string()),
			("held: escrow", amount::print(job.escrow)),
			("held: job fees", fees(&job)),
			("held: deposit", amount::print(job.deposit)),
			(
				"assignments",
				format!("{}, accepted {}", job.assignments, job.acceptances),
			),
			(
				"ticks to compute, to refute",
				format!("{}, {}", job.spec.terms.run_ticks, job.spec.terms.window),
			),
			("tick now", tick.to_string()),
		];
		match &job.state {
			JobState::Pending => rows.push(("expires at tick", job.spec.terms.expires.to_string())),
			JobState::Assigned { provider, until } => {
				rows.push(("provider", provider.to_string()));
				rows.push(("accept until tick", until.to_string()));
			}
			JobState::Running { provider, deadline, .. } => {
				rows.push(("provider", provider.to_string()));
				rows.push(("deadline at tick", deadline.to_string()));
			}
			JobState::Committed {
				provider,
				root,
				units,
				at,
				window,
				..
			} => {
				rows.push(("provider", provider.to_string()));
				rows.push(("committed at tick", at.to_string()));
				rows.push(("committed root", to_hex(&root.0)));
				rows.push(("committed units", grouped(units)));
				match window {
					Window::Open { end } => {
						rows.push(("window ends at tick", end.to_string()));
						if let Some(latest) = job.lapses_by {
							rows.push(("extended, at most to tick", latest.to_string()));
						}
					}
					Window::Demanded { left, until } => {
						let missing = demand.as_ref().map_or(0, |demand| demand.leaves.len());
						let when = until.map_or_else(
							|| "once the provider's other demands are answered".to_owned(),
							|until| format!("until tick {until}"),
						);
						rows.push(("demanded leaves", format!("{} missing, {when}", grouped(missing))));
						rows.push(("window, ticks left", left.to_string()));
					}
				}
			}
		}
		if let Some(explanation) = &explanation {
			rows.push(("now", explanation.says.clone()));
			rows.push(("", explanation.advice.clone()));
		}
		pairs(rows)
	});
	Ok(())
}

fn parameters(job: &JobView) -> String {
	let all: Vec<String> = job.spec.params.iter().map(ToString::to_string).collect();
	if all.is_empty() {
		return "none".to_owned();
	}
	all.join(", ")
}

fn inputs(job: &JobView) -> String {
	let all = job.spec.inputs.iter();
	let all: Vec<String> = all
		.map(|input| format!("{} bytes, {}", grouped(input.len), short_root(&input.root)))
		.collect();
	if all.is_empty() {
		return "none".to_owned();
	}
	all.join("; ")
}

/// What is held for its assignments, and how much of that they have used up.
fn fees(job: &JobView) -> String {
	let used = job.fees.saturating_sub(job.fees_left);
	format!("{}, {used} of {} used", amount::print(job.fees_held()), job.fees)
}

/// What only a job's own page has.
fn details(job: &JobView) -> Map<String, Value> {
	let inputs = job.spec.inputs.iter();
	let inputs: Vec<Value> = inputs
		.map(|input| json!({ "root": to_hex(&input.root.0), "len": input.len }))
		.collect();
	let details = json!({
		"params": job.spec.params,
		"inputs": inputs,
		"output_bytes": job.output_bytes(),
		"data_key": to_hex(&job.spec.data_key),
		"public": job.spec.terms.public,
		"run_ticks": job.spec.terms.run_ticks,
		"window_ticks": job.spec.terms.window,
		"pool": job.pool,
		"submitted_tick": job.submitted,
		"fees": job.fees,
		"deposit": job.deposit.to_string(),
		"acceptances": job.acceptances,
		"data_units": job.data_units.to_string(),
		"fee_rate_parts_per_billion": job.fee_rate,
		"items_per_leaf": job.items_per_leaf,
		"item_size": job.item_size,
	});
	match details {
		Value::Object(details) => details,
		_ => Map::new(),
	}
}

fn target(job: &JobView) -> String {
	match job.spec.terms.target {
		Target::Book { pool, level } => format!("the pool {pool}, at level {} or below", level.0),
		Target::Provider { provider, .. } => format!("provider {provider}"),
	}
}

fn object(job: &JobView) -> Value {
	let mut state = json!({ "name": job.state.name() });
	if let Some(state) = state.as_object_mut() {
		match &job.state {
			JobState::Pending => {}
			JobState::Assigned { provider, until } => {
				state.insert("provider".to_owned(), (*provider).into());
				state.insert("until_tick".to_owned(), (*until).into());
			}
			JobState::Running { provider, deadline, .. } => {
				state.insert("provider".to_owned(), (*provider).into());
				state.insert("deadline_tick".to_owned(), (*deadline).into());
			}
			JobState::Committed {
				provider,
				root,
				units,
				at,
				window,
				..
			} => {
				state.insert("committed_tick".to_owned(), (*at).into());
				state.insert("provider".to_owned(), (*provider).into());
				state.insert("root".to_owned(), to_hex(&root.0).into());
				state.insert("units".to_owned(), (*units).into());
				match *window {
					Window::Open { end } => {
						state.insert("window_end_tick".to_owned(), end.into());
						state.insert("extended_to_tick_at_most".to_owned(), job.lapses_by.into());
					}
					Window::Demanded { left, until } => {
						state.insert("window_left_ticks".to_owned(), left.into());
						state.insert("demanded_until_tick".to_owned(), until.into());
					}
				}
			}
		}
	}
	json!({
		"job": job.id,
		"state": state,
		"requester": job.requester.to_string(),
		"kernel": job.spec.kernel,
		"items": job.spec.items,
		"max_units": job.spec.max_units,
		"leaves": job.leaves(),
		"target": target(job),
		"price": job.price,
		"escrow": job.escrow.to_string(),
		"fees_left": job.fees_left,
		"job_fee": job.job_fee.to_string(),
		"assignments": job.assignments,
		"expires_tick": job.spec.terms.expires,
	})
}

pub(super) async fn list(session: &Session<'_>, arguments: JobListArguments) -> Result<(), Failure> {
	let mine = match (arguments.all, &session.global.key) {
		(false, Some(_)) => Some(session.key()?.account()),
		_ => None,
	};
	let at = session.chain().await?.best().await?;
	let filter = JobFilter {
		requester: mine,
		provider: arguments.provider,
		pool: arguments.pool,
		state: arguments.state(),
	};
	let mut jobs: Vec<JobView> = at.jobs_where(&filter).try_collect().await?;
	jobs.sort_by_key(|job| (job.spec.terms.expires, job.id));
	let objects: Vec<Value> = jobs.iter().map(object).collect();
	session
		.printer
		.show(&json!({ "jobs": objects, "block": at.block().number }), || {
			let rows = jobs.iter().map(|job| {
				vec![
					job.id.to_string(),
					job.state.name().to_owned(),
					job.state
						.provider()
						.map_or_else(|| "none".to_owned(), |provider| provider.to_string()),
					grouped(job.spec.items),
					amount::print(job.escrow),
				]
			});
			table(&["job", "state", "provider", "items", "escrow"], rows)
		});
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::job::fixture::{committed_large, in_the_book};

	#[test]
	fn a_job_shows_where_it_counts_and_what_is_held() {
		let job = committed_large();
		assert_eq!(fees(&job), "0.000000000015 MILL, 1 of 3 used");
		let details = details(&job);
		assert_eq!(details["pool"], "cpu-4/any");
		assert_eq!(details["submitted_tick"], 900);
		assert_eq!(details["fees"], 3);
		assert_eq!(details["deposit"], "7");
		let state = &object(&job)["state"];
		assert_eq!(state["committed_tick"], 950);
		assert_eq!(state["window_end_tick"], 2_150);
		assert!(object(&in_the_book())["state"].get("committed_tick").is_none());
	}
}
