use super::*;
use crate::asks::PresetTable;
use millrace_client::chain::DeviceClass;
use proptest::prelude::*;

fn rules(text: &str) -> AskRules {
	AskRules {
		name: "home".to_owned(),
		preset: toml::from_str::<PresetTable>(text).unwrap().check("home").unwrap(),
		zone: TimeZone::get("Europe/Berlin").unwrap(),
	}
}

fn terms(pool: &str, min_price: u64) -> ProviderTerms {
	let Pool { class, region } = pool.parse().unwrap();
	ProviderTerms {
		class,
		region,
		lanes: 1,
		min_price: Price(min_price),
		takes_targets: true,
	}
}

fn at(time: &str) -> Timestamp {
	time.parse().unwrap()
}

/// The levels, or why there are none.
fn levels(rules: &AskRules, terms: &ProviderTerms, time: &str) -> Result<Vec<u8>, NoAsk> {
	Ok(wanted_asks(rules, terms, at(time))?
		.iter()
		.map(|ask| ask.level.0)
		.collect())
}

/// A Monday, noon in Berlin.
const NOON: &str = "2026-01-05T11:00:00Z";
/// An hour before midnight in Berlin, on the same day.
const LATE: &str = "2026-01-05T22:00:00Z";

#[test]
fn what_is_asked_is_what_the_pool_and_the_hour_say() {
	// 64, 69, 75, 81 planck are levels 0 to 3; 128 is level 9.
	let rules = rules(
		"asks = [75, 64]\nhours = [{ from = \"22:00\", to = \"06:00\", factor = 108 }, \
		 { from = \"06:00\", to = \"07:00\", asks = 128 }]\n[by_pool]\n\"gpu-h/3\" = 81\n",
	);
	let cpu = terms("cpu-4", 0);
	assert_eq!(levels(&rules, &cpu, NOON), Ok(vec![0, 2]));
	assert_eq!(levels(&rules, &cpu, LATE), Ok(vec![2, 3]), "69.12 and 81 planck");
	assert_eq!(levels(&rules, &cpu, "2026-01-05T05:00:00Z"), Ok(vec![9]));
	assert_eq!(levels(&rules, &terms("gpu-h/3", 0), NOON), Ok(vec![3]));
	assert_eq!(levels(&rules, &terms("gpu-h/4", 0), NOON), Ok(vec![0, 2]));
}

#[test]
fn nothing_is_asked_off_hours_and_in_a_pool_without_a_rule() {
	let rules = rules("hours = [{ from = \"22:00\", off = true }]\n[by_pool]\ncpu-4 = 64\n");
	let cpu = terms("cpu-4", 0);
	assert_eq!(levels(&rules, &cpu, NOON), Ok(vec![0]));
	assert_eq!(levels(&rules, &cpu, LATE), Err(NoAsk::Off(1)));
	let other = terms("cpu-32/7", 0);
	let pool = "cpu-32/7".parse().unwrap();
	assert_eq!(levels(&rules, &other, NOON), Err(NoAsk::OtherPool(pool)));
	assert_eq!(NoAsk::Off(1).to_string(), "hours, rule 1 says off");
	let above = terms("cpu-4", u64::MAX);
	assert_eq!(levels(&rules, &above, NOON), Err(NoAsk::AboveLadder(Price(u64::MAX))));
}

#[test]
fn the_owners_least_price_and_the_floor_raise_asks() {
	let rules = rules("floor = \"level 4\"\nasks = [\"level 2\", \"level 9\", \"level 12\"]\n");
	assert_eq!(levels(&rules, &terms("cpu-4", 0), NOON), Ok(vec![4, 9, 12]));
	let least = Level(10).price().0;
	let wanted = wanted_asks(&rules, &terms("cpu-4", least), at(NOON)).unwrap();
	let expected = [(10, Some(4)), (12, None)];
	let shown: Vec<_> = wanted
		.iter()
		.map(|ask| (ask.level.0, ask.raised_from.map(|level| level.0)))
		.collect();
	assert_eq!(shown, expected, "two that were raised to one level are one ask");
	// A planck above a level means the next one.
	assert_eq!(levels(&rules, &terms("cpu-4", least + 1), NOON), Ok(vec![11, 12]));
}

#[test]
fn the_reference_price_is_that_of_the_providers_class() {
	let rules = rules("asks = \"100 %\"");
	for class in DeviceClass::ALL {
		let wanted = wanted_asks(&rules, &terms(class.name(), 0), at(NOON)).unwrap();
		let level = wanted[0].level;
		assert!(level.price() >= reference_price(class));
		assert!(Level(level.0 - 1).price() < reference_price(class));
	}
}

#[test]
fn the_next_change_is_found_to_the_minute() {
	let rules = rules("asks = 64\nhours = [{ from = \"22:00\", to = \"06:00\", days = \"weekdays\", off = true }]\n");
	let cpu = terms("cpu-4", 0);
	let (when, then) = next_change(&rules, &cpu, at("2026-01-05T11:00:31Z")).unwrap();
	assert_eq!((when, then), (at("2026-01-05T21:00:00Z"), Err(NoAsk::Off(1))));
	let (when, then) = next_change(&rules, &cpu, when).unwrap();
	assert_eq!(when, at("2026-01-06T05:00:00Z"));
	assert_eq!(then.unwrap().len(), 1);
	// From Saturday morning until Monday evening.
	let (when, _) = next_change(&rules, &cpu, at("2026-01-10T05:00:00Z")).unwrap();
	assert_eq!(when, at("2026-01-12T21:00:00Z"));
}

#[test]
fn rules_that_change_nothing_are_no_change() {
	let cpu = terms("cpu-4", Level(9).price().0);
	assert_eq!(next_change(&rules("asks = 64"), &cpu, at(NOON)), None);
	// The owner's least price is above both.
	let clamped = rules("asks = [\"level 9\"]\nhours = [{ from = \"22:00\", asks = \"level 9\" }]\n");
	assert_eq!(next_change(&clamped, &cpu, at(NOON)), None);
	let halves = rules("asks = 64\nhours = [{ to = \"12:00\", off = true }, { from = \"12:00\", off = true }]\n");
	assert_eq!(next_change(&halves, &cpu, at(NOON)), None);
}

/// In Berlin the clock went from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
#[test]
fn a_rule_holds_while_the_clock_on_the_wall_shows_it() {
	let rules = rules("asks = 64\nhours = [{ from = \"02:00\", to = \"03:00\", off = true }]\n");
	let cpu = terms("cpu-4", 0);
	let next = |time: &str| next_change(&rules, &cpu, at(time)).unwrap().0;
	// There is no such hour in that night: the next one is a day later, at another offset.
	assert_eq!(next("2026-03-28T02:00:00Z"), at("2026-03-30T00:00:00Z"));
	// There are two of them in this one, without a gap.
	assert_eq!(next("2026-10-24T20:00:00Z"), at("2026-10-25T00:00:00Z"));
	assert_eq!(next("2026-10-25T00:00:00Z"), at("2026-10-25T02:00:00Z"));
}

#[test]
fn a_rule_for_the_days_of_the_week_goes_by_the_local_day() {
	let rules = rules("asks = 64\nhours = [{ days = \"tue\", asks = 69 }]\n");
	let cpu = terms("cpu-4", 0);
	// Tuesday begins in Berlin an hour before it does in Greenwich.
	assert_eq!(levels(&rules, &cpu, "2026-01-05T22:59:59Z"), Ok(vec![0]));
	assert_eq!(levels(&rules, &cpu, "2026-01-05T23:00:00Z"), Ok(vec![1]));
	assert_eq!(levels(&rules, &cpu, "2026-01-06T23:00:00Z"), Ok(vec![0]));
}

fn price() -> impl Strategy<Value = String> {
	prop_oneof![
		(0u64..20_000_000_000).prop_map(|planck| format!("{planck}planck")),
		(0u8..=220).prop_map(|level| format!("level {level}")),
		(1u32..=1_000).prop_map(|percent| format!("{percent} %")),
	]
}

prop_compose! {
	/// A preset: a floor or none, up to four asks, and a rule for each of up to four parts of the day.
	fn any_rules()(
		floor in proptest::option::of(price()),
		asks in proptest::collection::vec(price(), 1..=4),
		cuts in proptest::collection::btree_set(0u16..1_440, 2..=5),
		rates in proptest::collection::vec(prop_oneof![
			(1u32..=105).prop_map(|factor| format!("factor = {factor}")),
			price().prop_map(|price| format!("asks = \"{price}\"")),
			Just("off = true".to_owned()),
		], 4),
	) -> String {
		let time = |minutes: &u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
		let cuts: Vec<&u16> = cuts.iter().collect();
		let hours: Vec<String> = cuts
			.windows(2)
			.zip(&rates)
			.map(|(part, rate)| format!("{{ from = \"{}\", to = \"{}\", {rate} }}", time(part[0]), time(part[1])))
			.collect();
		let floor = floor.map_or(String::new(), |floor| format!("floor = \"{floor}\"\n"));
		format!("{floor}asks = {asks:?}\nhours = [{}]\n", hours.join(", "))
	}
}

proptest! {
	#[test]
	fn whatever_the_rules_say_asks_stay_within_bounds(
		text in any_rules(),
		class in proptest::sample::select(DeviceClass::ALL.to_vec()),
		min_price in 0u64..20_000_000_000,
		second in 1_700_000_000i64..1_900_000_000,
	) {
		let table: PresetTable = toml::from_str(&text).unwrap();
		// Two random asks may be the same level, which is refused.
		let Ok(preset) = table.check("any") else { return Ok(()) };
		let zone = TimeZone::get("America/New_York").unwrap();
		let rules = AskRules { name: "any".to_owned(), preset, zone };
		let terms = terms(class.name(), min_price);
		let now = Timestamp::from_second(second).unwrap();
		let wanted = wanted_asks(&rules, &terms, now);
		if let Ok(wanted) = &wanted {
			prop_assert!((1..=4).contains(&wanted.len()));
			prop_assert!(wanted.windows(2).all(|pair| pair[0].level < pair[1].level));
			let floor = rules.preset.floor.map(|floor| floor.level(reference_price(class), 100).unwrap());
			for ask in wanted {
				prop_assert!(ask.level.price().0 >= min_price);
				prop_assert!(Some(ask.level) >= floor);
				prop_assert!(ask.raised_from.is_none_or(|from| from < ask.level && from.price().0 < min_price));
			}
		}
		// The same until the next change, and another from then on.
		if let Some((when, then)) = next_change(&rules, &terms, now) {
			prop_assert!(when > now);
			let before = when - jiff::SignedDuration::from_secs(1);
			let earlier = wanted_asks(&rules, &terms, before);
			prop_assert_eq!(earlier.ok(), wanted.ok());
			prop_assert_eq!(wanted_asks(&rules, &terms, when), then);
		}
	}
}
