use super::*;
use crate::asks::BadAskPrice;
use millrace_client::chain::{Level, Price};

fn read(text: &str) -> Result<Preset, PresetError> {
	toml::from_str::<PresetTable>(text).unwrap().check("home")
}

fn flaw(text: &str) -> (String, Flaw) {
	let error = read(text).unwrap_err();
	assert_eq!(error.preset, "home");
	assert!(!error.hint().is_empty());
	(error.at, error.flaw)
}

#[test]
fn the_presets_that_ship_can_be_named() {
	let presets = Presets::with(&BTreeMap::new()).unwrap();
	assert_eq!(presets.names(), "ladder, night, steady");
	assert!(presets.iter().all(|(_, listed)| listed.is_built_in));
	let steady = presets.get("steady").unwrap();
	assert_eq!(*steady, Preset::constant(AskPrice::Percent(100)));
	let night = presets.get("night").unwrap();
	assert!(night.hours[0].holds(0, 6 * 60) && !night.hours[0].holds(0, 22 * 60));
	let ladder = presets.get("ladder").unwrap();
	assert_eq!(ladder.asks.len(), usize::from(SLOTS));
	assert!(presets.get("Steady").is_none());
}

#[test]
fn a_preset_of_the_configuration_wins_over_one_that_ships() {
	let tables: BTreeMap<String, PresetTable> = toml::from_str("[steady]\nasks = 64\n[mine]\nasks = 65\n").unwrap();
	let presets = Presets::with(&tables).unwrap();
	assert_eq!(presets.names(), "ladder, mine, night, steady");
	let steady = presets.iter().find(|(name, _)| *name == "steady").unwrap().1;
	assert_eq!(
		(steady.is_built_in, steady.preset.asks[0]),
		(false, AskPrice::Money(Price(64)))
	);
}

#[test]
fn everything_that_can_be_said_is_read() {
	let preset = read(
		r#"
		floor = "level 20"
		asks = ["110 %", "0.00003 MILL", 70, "level 9"]
		hours = [
			{ from = "22:00", to = "06:00", factor = 80 },
			{ from = "06:00", to = "22:00", days = ["sat", "sun"], asks = "90 %" },
			{ from = "12:00", to = "13:00", days = "weekdays", off = true },
		]
		[by_pool]
		gpu-24g = 1000000
		"gpu-24g/7" = ["100 %", "120 %"]
		"#,
	)
	.unwrap();
	assert_eq!(preset.floor, Some(AskPrice::Level(Level(20))));
	let rates: Vec<&Rate> = preset.hours.iter().map(|rule| &rule.rate).collect();
	assert_eq!(
		rates,
		[&Rate::Factor(80), &Rate::Asks(vec![AskPrice::Percent(90)]), &Rate::Off]
	);
	assert_eq!(preset.hours[1].to_string(), "weekend 06:00 to 22:00");
	let asks = |pool: &str| preset.asks_in(pool.parse().unwrap()).len();
	assert_eq!(
		(asks("gpu-24g/7"), asks("gpu-24g/8"), asks("gpu-24g"), asks("cpu-4/7")),
		(2, 1, 1, 4)
	);
	let names: Vec<String> = preset.by_pool.keys().map(ToString::to_string).collect();
	assert_eq!(names, ["gpu-24g", "gpu-24g/7"]);
}

#[test]
fn anywhere_is_a_region_of_its_own() {
	let preset = read("asks = 64\n[by_pool]\n\"cpu-4/any\" = 65\n").unwrap();
	let asks = |pool: &str| preset.asks_in(pool.parse().unwrap())[0];
	assert_eq!(asks("cpu-4/any"), AskPrice::Money(Price(65)));
	assert_eq!(asks("cpu-4/1"), AskPrice::Money(Price(64)));
}

#[test]
fn a_floor_alone_is_what_is_asked_and_prices_for_pools_alone_ask_nowhere_else() {
	assert_eq!(read("floor = 64").unwrap().asks, [AskPrice::Money(Price(64))]);
	let preset = read("floor = 64\n[by_pool]\ncpu-4 = 70\n").unwrap();
	assert!(preset.asks_in("gpu-h".parse().unwrap()).is_empty());
}

#[test]
fn what_cannot_be_meant_is_refused_where_it_stands() {
	assert_eq!(flaw(""), ("asks".to_owned(), Flaw::Nothing));
	assert_eq!(flaw("asks = []"), ("asks".to_owned(), Flaw::Empty));
	assert_eq!(flaw("asks = [1, 70, 80, 90, 100]").1, Flaw::TooMany(5));
	assert!(matches!(flaw("asks = \"cheap\"").1, Flaw::Price(_)));
	assert_eq!(
		flaw("floor = -1"),
		("floor".to_owned(), Flaw::Price(BadAskPrice::Negative(-1)))
	);
	let (at, wrong) = flaw("[by_pool]\ngpu-25g = 1\n");
	assert_eq!(at, "by_pool.\"gpu-25g\"");
	assert!(matches!(wrong, Flaw::Pool(BadPool::Class(_))));
	assert!(matches!(
		flaw("[by_pool]\n\"gpu-24g/mars\" = 1\n").1,
		Flaw::Pool(BadPool::Region(_))
	));
	// 65 and 69 planck are both level 1, and so is the level itself.
	assert!(matches!(flaw("asks = [65, 69]").1, Flaw::Twice(..)));
	assert!(matches!(flaw("asks = [69, \"level 1\"]").1, Flaw::Twice(..)));
	// Only in the class cpu-4 these are the same.
	assert!(read("asks = [\"100 %\", 30000000]").is_ok());
}

#[test]
fn rules_for_hours_say_one_thing_and_not_at_the_same_time() {
	for action in [
		"",
		", factor = 80, off = true",
		", off = false",
		", asks = 64, factor = 80",
	] {
		let (at, wrong) = flaw(&format!("asks = 64\nhours = [{{ to = \"06:00\"{action} }}]"));
		assert_eq!((at.as_str(), wrong), ("hours, rule 1", Flaw::Action), "{action}");
	}
	for factor in [0, -5, 1_001] {
		assert_eq!(
			flaw(&format!("asks = 64\nhours = [{{ factor = {factor} }}]")).1,
			Flaw::Factor(factor)
		);
	}
	assert!(matches!(
		flaw("asks = 64\nhours = [{ from = \"25:00\", off = true }]").1,
		Flaw::Hours(_)
	));
	assert!(matches!(
		flaw("asks = 64\nhours = [{ days = \"mo\", off = true }]").1,
		Flaw::Hours(_)
	));
	let both = "asks = 64\nhours = [{ to = \"12:00\", factor = 80 }, { from = \"11:59\", days = \"tue\", off = true }]";
	let (at, wrong) = flaw(both);
	assert_eq!(at, "hours, rule 2");
	let time = "11:59".parse().unwrap();
	let day = "tue";
	assert_eq!(wrong, Flaw::Overlap { other: 1, day, time });
}

#[test]
fn no_price_is_above_the_ladder_at_any_hour() {
	// Level 255 costs 64 × 1.08²⁵⁵ planck: 2.1 × 10¹⁰.
	let (price, factor) = (AskPrice::Money(Price(30_000_000_000)), 100);
	assert_eq!(flaw("asks = 30000000000").1, Flaw::TooHigh { price, factor });
	assert_eq!(flaw("floor = 30000000000").0, "floor");
	let (at, wrong) = flaw("asks = \"level 250\"\nhours = [{ factor = 200 }]");
	let (price, factor) = (AskPrice::Level(Level(250)), 200);
	assert_eq!((at.as_str(), wrong), ("asks", Flaw::TooHigh { price, factor }));
	// A factor does not apply to what a rule asks instead.
	let hours = "[{ to = \"12:00\", factor = 200 }, { from = \"12:00\", asks = \"level 255\" }]";
	assert!(read(&format!("asks = 64\nhours = {hours}")).is_ok());
	assert!(read("asks = \"1000 %\"\nhours = [{ factor = 1000 }]").is_ok());
}

#[test]
fn what_is_not_even_a_table_of_rules_is_named() {
	let error = |text: &str| toml::from_str::<PresetTable>(text).unwrap_err().to_string();
	assert!(error("ask = 64").contains("unknown field `ask`"));
	assert!(error("asks = 1.5").contains("asks are a price or a list of prices"));
	assert!(error("floor = true").contains("a price is a whole number of planck"));
	assert!(error("asks = 64\nhours = [{ form = \"06:00\" }]").contains("unknown field `form`"));
	assert!(error("asks = 64\nhours = [{ days = 3 }]").contains("days are a word or a list of words"));
}
