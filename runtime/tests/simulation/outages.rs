//! Many providers gone at once: a network that failed, or one operator.

use super::{
	rows::{half_of_the_time, Row},
	world::{hourly, simulate, Sim},
};
use millrace_primitives::{Balance, DeviceClass, JobId, ProviderId, Tick, DAY, HOUR};
use millrace_runtime::RuntimeEvent;
use pallet_market::Event as MarketEvent;
use pallet_providers::Event;
use polkadot_sdk::*;
use sp_runtime::Perbill;

/// A day more than the age from which a provider's outage speaks for those of others.
const VETERANS: Tick = 31 * DAY;

/// All of them are gone at once for so long, every other one with a job running, and come back.
fn go(sim: &mut Sim, who: &[ProviderId], ticks: Tick) {
	let mut jobs: Vec<(ProviderId, Option<JobId>)> = Vec::new();
	for (number, provider) in who.iter().enumerate() {
		let escrow = hourly(Sim::record(*provider).terms.class);
		let job = (number % 2 == 0).then(|| sim.accept(&Sim::requester(), *provider, escrow));
		jobs.push((*provider, job));
	}
	sim.down.extend(who);
	sim.wait(ticks);
	for (provider, job) in jobs {
		sim.come_back(provider, job);
	}
	sim.wait(DAY);
}

/// What an outage that is closed was scaled by, and what was charged for it or counted as paid for it, in planck.
fn closed(sim: &Sim, of: ProviderId) -> (Perbill, Balance, Balance) {
	let found = sim.log.iter().rev().find_map(|(_, event)| match event {
		RuntimeEvent::Providers(Event::OutageClosed {
			provider,
			scale,
			charged,
			deducted,
			..
		}) if *provider == of => Some((*scale, *charged, *deducted)),
		_ => None,
	});
	found.expect("its outage is closed")
}

/// Two of five providers of every owner stand in one region, which is cut off for six hours. Ten days later one of them is
/// gone as long, alone.
pub(crate) fn region(seed: u64) -> Vec<Row> {
	simulate(seed, |sim| {
		let providers = sim.fleet(10, 30);
		sim.advance(VETERANS);
		let hit: Vec<_> = providers
			.into_iter()
			.filter(|provider| Sim::record(*provider).terms.region.0 == 1)
			.collect();
		go(sim, &hit, 6 * HOUR);
		sim.check();
		let gone = u32::try_from(hit.len()).expect("few");
		let together = sim.row(
			"a region cut off for 6 h, 40 % of the stake",
			&hit,
			1,
			gone,
			half_of_the_time(&hit, 1),
		);
		// Everybody was found, nobody pays for downtime, every requester whose job was late has its credit.
		assert_eq!((together.outages, together.slashed), (hit.len(), 0));
		assert!(hit.iter().all(|provider| closed(sim, *provider).0.is_zero()));
		let late = |log: &[(Tick, RuntimeEvent)]| {
			let is_late = |event: &RuntimeEvent| matches!(event, RuntimeEvent::Market(MarketEvent::JobLate { .. }));
			log.iter().filter(|(_, event)| is_late(event)).count()
		};
		assert_eq!(late(&sim.log), hit.len().div_ceil(2));
		assert!(together.credits > 0);

		sim.wait(10 * DAY);
		let one = hit[0];
		sim.log.clear();
		go(sim, &[one], 6 * HOUR);
		sim.check();
		let alone = sim.row(
			"one of them gone for 6 h alone",
			&[one],
			1,
			1,
			half_of_the_time(&[one], 1),
		);
		// Between two hours and two days with a job running: 4 % of what its lane needs, less the credit.
		let floor = Sim::record(one).terms.class.genesis_figures().floor;
		assert_eq!(
			closed(sim, one),
			(Perbill::one(), floor / 25 - alone.credits, alone.credits)
		);
		assert_eq!(alone.slashed, floor / 25 - alone.credits);
		assert!(alone.credits > 0);
		vec![together, alone]
	})
}

/// An operator's big provider fails, and with it 200 records of dust, of the same owner or of one owner each.
fn with_dust(seed: u64, name: &'static str, owner: fn(u32) -> u32) -> (Row, Perbill, Balance) {
	simulate(seed, |sim| {
		sim.fleet(10, 30);
		let big = sim.register(&Sim::owner(1_000), DeviceClass::GpuH, 0, 8);
		let mut all = vec![big];
		for number in 0..200 {
			all.push(sim.register(&Sim::owner(owner(number)), DeviceClass::Cpu4, 0, 1));
		}
		sim.advance(VETERANS);
		go(sim, &all, 6 * HOUR);
		sim.check();
		let failures = u32::try_from(all.len()).expect("few");
		let row = sim.row(name, &all, 1, failures, half_of_the_time(&all, 1));
		assert_eq!(row.outages, all.len());
		let (scale, charged, deducted) = closed(sim, big);
		// Eight lanes, 4 % of what they need.
		let full = 8 * DeviceClass::GpuH.genesis_figures().floor / 25;
		assert_eq!(charged, scale.mul_floor(full) - deducted);
		(row, scale, full)
	})
}

/// Dust of one's own forgives nothing. Under two hundred other names it forgives as much as its stake is of a quarter of
/// all that others have, which is next to nothing.
pub(crate) fn operator(seed: u64) -> Vec<Row> {
	let (own, scale, _) = with_dust(seed, "a big provider and 200 of dust, one owner", |_| 1_000);
	assert_eq!(scale, Perbill::one());
	let (others, scale, full) = with_dust(seed, "the same, the dust of 200 other owners", |number| 2_000 + number);
	// 300 providers hold 50 times (336 + 6,720 + 1,680 + 5,040 + 20,160 + 33,600) × 1.5 MILL, the dust 200 × 504: 1.95 % of
	// all that is not the big provider's own, and a quarter would forgive everything.
	let dust = 200.0 * 336.0 / (200.0 * 336.0 + 50.0 * 67_536.0);
	let expected = 1.0 - dust / 0.25;
	let forgiven = f64::from(scale.deconstruct()) / 1e9;
	assert!((forgiven - expected).abs() < 0.001, "{scale:?}, not {expected}");
	assert!(others.slashed > scale.mul_floor(full) - full / 100);
	vec![own, others]
}
