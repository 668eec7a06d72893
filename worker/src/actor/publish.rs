//! What others see of the actor: the endpoint's table and the status file.

use super::Actor;
use crate::{
	enrolment::Stage,
	journal::{Entry, Key, Step},
	report::{DemandRow, DeviceRow, JobRow, OfferRow, RefusedRow, Report},
	table::Row,
	view::{window_of, Finals, View},
};
use millrace_client::{
	chain::{to_hex, JobId, Window},
	endpoint::auth::unix_now,
};
use std::collections::{BTreeMap, HashMap};

impl Actor {
	/// Renews the endpoint's table.
	pub(super) fn publish(&self, view: &View, finals: Option<&Finals>, entries: &BTreeMap<Key, Entry>) {
		let bundle = |key: &Key| entries.get(key).is_some_and(|entry| entry.outcome.is_some());
		let mut rows: HashMap<JobId, Row> = HashMap::new();
		for job in view.jobs.values() {
			let key = view.key(job);
			let no_space = self.memory.get(&key).is_some_and(|memory| memory.no_space);
			rows.extend(Row::of(job, bundle(&key), no_space).map(|row| (job.id, row)));
		}
		// What is settled at the best block is served until that is final.
		for (key, _) in entries.iter().filter(|(_, entry)| entry.step != Step::Ended) {
			if !rows.contains_key(&key.job) {
				let last = self
					.parts
					.table
					.row(&key.job)
					.or_else(|| Row::of(finals?.jobs.get(&key.job)?, bundle(key), false));
				rows.extend(last.map(|row| (key.job, row)));
			}
		}
		self.parts.table.publish(rows);
	}

	/// What computes here and where it stands, once that is known.
	fn device(&self, view: &View) -> Option<DeviceRow> {
		let facts = self.enrolment.here()?;
		Some(DeviceRow {
			model: facts.model.clone(),
			memory: facts.memory,
			compute_capability: facts.compute_capability,
			driver: facts.driver.clone(),
			uuid_hash: to_hex(&facts.uuid_hash),
			stage: Stage::of(view.device.as_ref(), &view.enrolment).to_string(),
			refused: self.enrolment.refusal().map(|(reason, until)| RefusedRow {
				reason: reason.to_owned(),
				until,
			}),
		})
	}

	/// What should stand in the book, if the settings say so.
	fn offer(&self, view: &View) -> Option<OfferRow> {
		let (rules, wanted) = self.standing.wanted(view)?;
		let nothing = wanted.as_ref().err().map(ToString::to_string);
		let levels = wanted.iter().flatten().map(|ask| ask.level.0);
		Some(OfferRow {
			preset: rules.name.clone(),
			wanted: levels.collect(),
			nothing,
		})
	}

	/// Renews the status file.
	pub(super) fn report(&self, view: &View, entries: &BTreeMap<Key, Entry>) {
		let report = Report {
			pid: std::process::id(),
			address: self.parts.wire.account().to_string(),
			provider: view.provider.id,
			status: view.provider.status.name().to_owned(),
			best: view.best.number,
			tick: view.tick,
			lanes: view.provider.terms.lanes,
			running: view.provider.running,
			device: self.device(view),
			asks: view.book.asks.iter().map(|ask| ask.level.0).collect(),
			offer: self.offer(view),
			warnings: self.warnings(),
			backend: self.parts.tools.backend.describe(),
			stopped: self.unfit(),
			convicted: view.provider.fraud_clock,
			outage: view.outage(),
			demands: demands(view),
			stored: self.parts.store.used().unwrap_or(0),
			written: unix_now(),
			jobs: entries.iter().map(|(key, entry)| JobRow::new(key, entry)).collect(),
		};
		if let Err(error) = report.write(&self.parts.settings.state) {
			tracing::debug!(%error, "the status file cannot be written");
		}
	}
}

fn demands(view: &View) -> Vec<DemandRow> {
	let until = |job: &JobId| match view.jobs.get(job).and_then(window_of) {
		Some(Window::Demanded { until, .. }) => until,
		_ => None,
	};
	view.demands
		.iter()
		.map(|(job, leaves)| DemandRow {
			job: *job,
			missing: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
			until: until(job),
		})
		.collect()
}
