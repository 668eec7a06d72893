//! Providers that fail as machines do, and start again.

use super::{
	rows::{half_of_the_time, Row, MONTH},
	world::{hourly, whole_genesis, Sim},
};
use millrace_primitives::{JobId, ProviderId, Tick, DAY, HOUR};
use millrace_runtime::{Runtime, RuntimeEvent};
use pallet_market::Jobs;
use pallet_providers::Outages;
use polkadot_sdk::*;
use std::collections::BTreeMap;

const MONTHS: u32 = 6;

/// 2,000 providers of 40 owners for six months, each with a failure in so many hours.
fn fleet(seed: u64, name: &'static str, hours: u32) -> Row {
	let mut state = sp_io::TestExternalities::new_empty();
	let (mut sim, providers) = state.execute_with(|| {
		let mut sim = Sim::at_genesis(seed);
		let providers = sim.fleet(40, 50);
		(sim, providers)
	});
	let (mut failures, mut down) = (0, Returns::new());
	for _ in 0..MONTHS * MONTH / (10 * DAY) {
		// Until they are committed, entries that are gone are passed over by every look for the next one.
		state.commit_all().expect("no transaction is open");
		failures += state.execute_with(|| fail(&mut sim, &providers, hours, 10 * DAY, &mut down));
	}
	state.execute_with(|| {
		come_back(&mut sim, &mut down, Tick::MAX);
		// The last outages are closed, and their slashes paid.
		sim.wait(4 * DAY);
		sim.check();
		assert_eq!(Outages::<Runtime>::iter().count() + Jobs::<Runtime>::iter().count(), 0);
		let revenue = half_of_the_time(&providers, MONTHS);
		sim.row(name, &providers, MONTHS, failures, revenue)
	})
}

/// A failure in 50,000 hours is a well-kept machine.
pub(crate) fn rare(seed: u64) -> Vec<Row> {
	let row = fleet(seed, "honest, one failure in 50,000 h each", 50_000);
	// 2,000 × 180 × 24 / 50,000 are 172.8, with a standard deviation of 13.
	assert!(row.failures > 100 && row.slashed > 0);
	assert!(row.share() < 0.01, "{row:?}");
	vec![row]
}

/// One in 2,000 hours is one every twelve weeks.
pub(crate) fn frequent(seed: u64) -> Vec<Row> {
	let row = fleet(seed, "honest, one failure in 2,000 h each", 2_000);
	// 4,320, with one of 66.
	assert!(row.failures > 4_000 && row.slashed > 0);
	assert!(row.share() < 0.01, "{row:?}");
	vec![row]
}

/// Who is down, until when, and the job that it had accepted.
type Returns = BTreeMap<(Tick, ProviderId), Option<JobId>>;

/// Lets providers fail for so long, each once in so many hours on average, and come back. Half of the time a job of an
/// hour has just been accepted. Returns how often it happened; who is still down then stays in `down`.
fn fail(sim: &mut Sim, providers: &[ProviderId], hours: u32, ticks: Tick, down: &mut Returns) -> u32 {
	let mean = f64::from(hours) * f64::from(HOUR) / providers.len() as f64;
	let end = sim.now() + ticks;
	let mut failures = 0;
	loop {
		let next = sim.now() + sim.random.wait(mean);
		come_back(sim, down, next.min(end));
		sim.advance(next.min(end));
		if next > end {
			return failures;
		}
		let provider = providers[sim.random.below(providers.len())];
		if sim.down.contains(&provider) {
			continue;
		}
		let escrow = hourly(Sim::record(provider).terms.class);
		let busy = sim.random.coin();
		let job = busy.then(|| sim.accept(&Sim::requester(), provider, escrow));
		sim.down.insert(provider);
		down.insert((next + sim.random.repair(), provider), job);
		failures += 1;
	}
}

/// Lets those come back whose time has come by `until`.
fn come_back(sim: &mut Sim, down: &mut Returns, until: Tick) {
	while let Some(entry) = down.first_entry() {
		let (tick, provider) = *entry.key();
		if tick > until {
			return;
		}
		let job = entry.remove();
		sim.advance(tick);
		sim.come_back(provider, job);
	}
}

/// All that happened to 150 providers in twelve hours of frequent failures, with every block played or only those that
/// matter.
///
/// Two rules differ from the standard, as they tell the two apart: samples of a provider need no distance, see
/// `super::clock`; and outages are compared by two minutes, for those of an hour are looked at in one block, which is more
/// than fits into it together with the samples that are skipped. All providers count as veterans.
pub(crate) fn history(seed: u64, every_block: bool) -> (u64, Vec<(Tick, RuntimeEvent)>) {
	let mut whole = whole_genesis();
	let rules = &mut whole["settings"]["windows"]["liveness"];
	for (rule, value) in [("sampleGap", 0), ("hour", 40), ("veteranTicks", 0)] {
		assert!(rules[rule].is_number(), "there is such a rule");
		rules[rule] = value.into();
	}
	sp_io::TestExternalities::new_empty().execute_with(|| {
		let mut sim = Sim::of(seed, whole);
		sim.every_block = every_block;
		let providers = sim.fleet(5, 30);
		fail(&mut sim, &providers, 20, DAY / 2, &mut Returns::new());
		sim.check();
		(sim.polls, sim.log)
	})
}
