//! Providers that sell time which they do not have.

use super::{
	rows::{Row, MONTH},
	world::{hourly, place_ask, simulate, Sim},
};
use millrace_primitives::{DeviceClass, ProviderId, DAY, HOUR, MILL};
use millrace_runtime::{Market, Runtime, RuntimeEvent};
use pallet_providers::{Call as ProvidersCall, Event, Outages, Status};

const CLASS: DeviceClass = DeviceClass::Gpu24g;
/// A region with nobody else, so that a bid goes to the provider that this is about.
const ALONE: u8 = 9;
const OWNER: u32 = 1_000;

/// Owners put back what was taken, or their providers could not go on.
fn bond_again(sim: &mut Sim, provider: ProviderId) {
	let record = Sim::record(provider);
	let amount = (CLASS.genesis_figures().floor * 3 / 2).saturating_sub(record.ledger.active);
	if amount > 0 {
		sim.fund(&record.owner, amount);
		sim.must(&record.owner, ProvidersCall::bond { provider, amount });
	}
}

/// How a provider that works one hour in four spends the others.
enum Break {
	/// It says so.
	Drains,
	/// Its ask stands.
	Goes,
	/// Its ask stands, and it has accepted another job.
	Vanishes,
}

/// A month of one hour's work, in which a job is done and paid, and three hours off.
fn part_time(seed: u64, name: &'static str, how: Break) -> Row {
	simulate(seed, |sim| {
		sim.fleet(4, 50);
		let provider = sim.register(&Sim::owner(OWNER), CLASS, ALONE, 1);
		let worker = Sim::worker(provider);
		let breaks = MONTH / (4 * HOUR);
		for _ in 0..breaks {
			let back = sim.now() + 4 * HOUR;
			let job = sim.accept(&Sim::requester(), provider, hourly(CLASS));
			sim.wait(HOUR - 20);
			sim.commit(provider, job);
			match how {
				Break::Drains => {
					sim.must(&worker, ProvidersCall::drain { provider });
				}
				Break::Vanishes => {
					sim.accept(&Sim::requester(), provider, hourly(CLASS));
				}
				Break::Goes => (),
			}
			sim.wait(20);
			sim.down.insert(provider);
			// Where somebody takes the ask of an idle provider it leaves with the no-show, and nothing is left to be sampled.
			if !matches!(how, Break::Goes) {
				sim.wait(10);
				let taken = sim.bid(CLASS, ALONE).is_some();
				assert_eq!(taken, matches!(how, Break::Vanishes));
			}
			sim.advance(back);
			bond_again(sim, provider);
			if Sim::record(provider).status == Status::Draining {
				sim.must(&worker, ProvidersCall::resume { provider });
			}
			sim.come_back(provider, None);
		}
		sim.wait(4 * DAY);
		sim.check();
		sim.row(name, &[provider], 1, breaks, sim.earned(provider))
	})
}

/// Who sells all four hours loses more than it earns; who drains for three loses nothing. Who just goes while no job runs
/// deceives nobody for long, as its ask leaves, and pays for the disorder.
pub(crate) fn one_hour_in_four(seed: u64) -> Vec<Row> {
	let vanishes = part_time(seed, "works 1 h in 4, sells all 4", Break::Vanishes);
	let goes = part_time(seed, "works 1 h in 4, goes idle without a word", Break::Goes);
	let drains = part_time(seed, "works 1 h in 4, drains the other 3", Break::Drains);
	assert!(vanishes.revenue > 0 && vanishes.share() > 1.0, "{vanishes:?}");
	// 0.1 % of what a lane needs, for each outage that was found in its first hour.
	let each = CLASS.genesis_figures().floor / 1_000;
	assert!(goes.slashed > 160 * each && goes.slashed <= 180 * each, "{goes:?}");
	assert_eq!((drains.outages, drains.slashed, drains.credits), (0, 0, 0));
	assert_eq!(drains.revenue, vanishes.revenue);
	vec![vanishes, goes, drains]
}

/// Takes three assignments and does nothing with them.
fn miss_three(sim: &mut Sim, provider: ProviderId) {
	for missed in 1..=3 {
		// Each bars it from the book for a while.
		while Sim::record(provider).load.asks == 0 && sim.call(&Sim::worker(provider), place_ask()).is_err() {
			sim.wait(20);
		}
		assert!(sim.bid(CLASS, ALONE).is_some(), "nobody else is there");
		sim.wait(41);
		assert_eq!(Sim::record(provider).no_shows, missed);
	}
	assert_eq!(Sim::record(provider).status, Status::Unreachable { draining: false });
}

/// A dead machine whose key still answers: heartbeats, asks, `resume`, whatever needs no device.
pub(crate) fn bot(seed: u64) -> Vec<Row> {
	simulate(seed, |sim| {
		sim.fleet(4, 50);
		let bot = sim.register(&Sim::owner(OWNER), CLASS, ALONE, 1);
		let worker = Sim::worker(bot);
		let end = sim.now() + MONTH;
		miss_three(sim, bot);
		let began = Sim::record(bot).outage.expect("it has begun");
		sim.must(&worker, ProvidersCall::resume { provider: bot });
		assert_eq!(Sim::record(bot).status, Status::Active);
		assert!(Outages::<Runtime>::get(bot, began).is_some_and(|outage| outage.ended.is_none()));
		while sim.now() < end {
			sim.wait(HOUR);
			match Sim::record(bot).status {
				Status::Unreachable { .. } => {
					sim.must(&worker, ProvidersCall::resume { provider: bot });
				}
				Status::Chilled { until } if until <= sim.now() => {
					let owner = Sim::record(bot).owner;
					sim.must(&owner, ProvidersCall::reactivate { provider: bot });
				}
				_ => (),
			}
			// Barred for longer each time, and later chilled.
			let _ = sim.call(&worker, place_ask());
			if Sim::record(bot).load.asks > 0 {
				sim.bid(CLASS, ALONE);
			}
		}
		sim.check();
		let row = sim.row("dead, but its key answers", &[bot], 1, 1, sim.earned(bot));
		let chills = sim.log.iter().filter(
			|(_, event)| matches!(event, RuntimeEvent::Providers(Event::ProviderChilled { provider, .. }) if *provider == bot),
		);
		// Every five days of it cost 2 % of what one lane needs.
		let chills = chills.count() as u128;
		assert!(chills >= 1, "{row:?}");
		assert!(row.slashed >= chills * CLASS.genesis_figures().floor / 50, "{row:?}");
		assert_eq!(row.revenue, 0);
		vec![row]
	})
}

/// It missed three assignments as well, is mended, and shows it: it sends itself a job.
pub(crate) fn mended(seed: u64) -> Vec<Row> {
	simulate(seed, |sim| {
		sim.fleet(4, 50);
		let owner = Sim::owner(OWNER);
		let provider = sim.register(&owner, CLASS, ALONE, 1);
		sim.fund(&owner, 10 * MILL);
		miss_three(sim, provider);
		sim.wait(HOUR);
		let began = Sim::record(provider).outage.expect("it has begun");
		sim.must(&Sim::worker(provider), ProvidersCall::resume { provider });
		let job = sim.accept(&owner, provider, MILL / 100);
		sim.commit(provider, job);
		let record = Sim::record(provider);
		assert_eq!((record.status, record.no_shows), (Status::Active, 0));
		assert!(Outages::<Runtime>::get(provider, began).is_some_and(|outage| outage.ended == Some(Market::clock())));
		sim.must(&Sim::worker(provider), place_ask());
		sim.wait(DAY);
		sim.check();
		assert!(Outages::<Runtime>::get(provider, began).is_none());
		let revenue = super::rows::half_of_the_time(&[provider], 1);
		let row = sim.row(
			"three assignments missed, mended in an hour",
			&[provider],
			1,
			1,
			revenue,
		);
		// Three job fees of 0.005 MILL for the assignments, and nothing else.
		assert_eq!((row.outages, row.slashed, row.credits), (1, 0, 3 * MILL / 200));
		vec![row]
	})
}
