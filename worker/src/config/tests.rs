use super::*;
use crate::asks::{wanted_asks, AskPrice, Flaw};
use millrace_client::chain::{DeviceClass, Price, ProviderTerms};

fn file(text: &str) -> (tempfile::TempDir, Flags) {
	let dir = tempfile::tempdir().unwrap();
	let path = dir.path().join("worker.toml");
	fs::write(&path, text).unwrap();
	(
		dir,
		Flags {
			config: Some(path),
			..Flags::default()
		},
	)
}

/// What a configuration resolves to; `state` is given.
fn resolve(text: &str, change: impl FnOnce(&mut Flags)) -> Result<Settings, ConfigError> {
	let (_dir, mut flags) = file(text);
	flags.state = Some("/s".into());
	change(&mut flags);
	flags.resolve()
}

fn error(text: &str) -> ConfigError {
	let error = resolve(text, |_| {}).unwrap_err();
	assert!(!error.hint().is_empty());
	error
}

/// The levels that settings ask at now.
fn levels(settings: &Settings) -> Vec<u8> {
	let terms = ProviderTerms {
		class: DeviceClass::Cpu4,
		region: 0,
		lanes: 1,
		min_price: Price(0),
		takes_targets: true,
	};
	let Some(rules) = &settings.asks else { return Vec::new() };
	let wanted = wanted_asks(rules, &terms, jiff::Timestamp::UNIX_EPOCH).unwrap();
	wanted.iter().map(|ask| ask.level.0).collect()
}

fn name(settings: &Settings) -> Option<&str> {
	settings.asks.as_ref().map(|rules| rules.name.as_str())
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
	let (_dir, flags) = file("state = \"/s\"\nthreads = 3\nask_price = 65\nfollow = \"poll\"\n");
	let settings = flags.clone().resolve().unwrap();
	assert_eq!(settings.state, Path::new("/s"));
	assert_eq!((settings.threads, settings.follow), (3, FollowMode::Poll));
	assert_eq!(levels(&settings), [1]);
	assert_eq!((settings.url.as_str(), settings.quota), (DEFAULT_URL, DEFAULT_QUOTA));
	assert_eq!(settings.listen.to_string(), DEFAULT_LISTEN);

	let settings = Flags {
		threads: Some(1),
		ask_level: Some(7),
		..flags
	}
	.resolve()
	.unwrap();
	assert_eq!((settings.threads, levels(&settings)), (1, vec![7]));
}

#[test]
fn the_backend_is_a_setting_like_the_others() {
	let (_dir, flags) = file("state = \"/s\"\n");
	assert_eq!(flags.resolve().unwrap().backend, Choice::Auto);
	let (_dir, flags) = file("state = \"/s\"\nbackend = \"cuda:1\"\n");
	assert_eq!(flags.clone().resolve().unwrap().backend, Choice::Cuda(Some(1)));
	let settings = Flags {
		backend: Some(Choice::Reference),
		..flags
	};
	assert_eq!(settings.resolve().unwrap().backend, Choice::Reference);
	assert!(matches!(error("backend = \"gpu\"\n"), ConfigError::Backend(_)));
}

#[test]
fn unknown_keys_and_contradictions_are_errors() {
	assert!(matches!(error("thread = 3\n"), ConfigError::Parse { .. }));
	assert!(matches!(error("ask_level = 3\nask_price = 3\n"), ConfigError::TwoAsks));
	assert!(matches!(
		error("ask_level = 3\npreset = \"night\"\n"),
		ConfigError::TwoAsks
	));
	let (_dir, flags) = file("threads = 1\n");
	assert!(matches!(flags.resolve(), Err(ConfigError::NoState)));
	let flags = Flags {
		config: Some("/no/such/file".into()),
		..Flags::default()
	};
	assert!(matches!(flags.resolve(), Err(ConfigError::Read { .. })));
	let flags = Flags {
		state: Some("/s".into()),
		ask_price: Some(u64::MAX),
		..Flags::default()
	};
	assert!(matches!(flags.resolve(), Err(ConfigError::PriceTooHigh(_))));
}

#[test]
fn a_preset_is_named_and_what_is_named_nearer_wins_whole() {
	let defined = "preset = \"home\"\n[presets.home]\nasks = [\"level 3\", \"level 5\"]\n";
	let settings = resolve(defined, |_| {}).unwrap();
	assert_eq!((name(&settings), levels(&settings)), (Some("home"), vec![3, 5]));
	let settings = resolve(defined, |flags| flags.ask_level = Some(9)).unwrap();
	assert_eq!((name(&settings), levels(&settings)), (Some("ask_level"), vec![9]));
	let settings = resolve("ask_level = 9\n", |flags| flags.preset = Some("ladder".to_owned())).unwrap();
	assert_eq!((name(&settings), levels(&settings).len()), (Some("ladder"), 4));
	assert_eq!(resolve("", |_| {}).unwrap().asks, None);
	let unknown = error("preset = \"nigth\"\n[presets.home]\nasks = 64\n");
	assert_eq!(
		unknown.hint(),
		"there are: home, ladder, night, steady; [presets.NAME] defines another"
	);
}

#[test]
fn a_preset_that_is_not_used_is_checked_all_the_same() {
	let wrong = error("ask_level = 3\n[presets.home]\nasks = []\n");
	assert!(matches!(wrong, ConfigError::Preset(error) if error.flaw == Flaw::Empty));
	let wrong = error("[presets.home]\nask = 64\n");
	assert!(matches!(wrong, ConfigError::Parse { .. }));
}

#[test]
fn the_hours_are_those_of_the_zone_that_is_named() {
	let zone = |text: &str, flag: Option<&str>| {
		let settings = resolve(text, |flags| flags.time_zone = flag.map(str::to_owned))?;
		Ok::<_, ConfigError>(settings.asks.unwrap().zone)
	};
	let text = "preset = \"night\"\ntime_zone = \"Asia/Tokyo\"\n";
	assert_eq!(zone(text, None).unwrap().iana_name(), Some("Asia/Tokyo"));
	assert_eq!(
		zone(text, Some("Europe/Paris")).unwrap().iana_name(),
		Some("Europe/Paris")
	);
	assert!(matches!(
		zone(text, Some("Europe/Pariss")),
		Err(ConfigError::TimeZone(_))
	));
	assert!(zone("preset = \"night\"\n", None).is_ok());
}

const TWO: &str =
	"preset = \"ladder\"\n[[devices]]\ndevice = \"cuda:0\"\npreset = \"night\"\n[[devices]]\ndevice = \"cpu\"\n";

#[test]
fn a_listed_device_computes_and_has_its_own_preset() {
	let settings = resolve("[[devices]]\ndevice = \"cuda:0\"\npreset = \"steady\"\n", |_| {}).unwrap();
	assert_eq!(
		(settings.backend, name(&settings)),
		(Choice::Cuda(Some(0)), Some("steady"))
	);
	// Several workers may share a file, if each says which device is its own.
	for (backend, preset) in [(Choice::Cuda(Some(0)), "night"), (Choice::Cpu, "ladder")] {
		let settings = resolve(TWO, |flags| flags.backend = Some(backend)).unwrap();
		assert_eq!((settings.backend, name(&settings)), (backend, Some(preset)));
	}
	let settings = resolve(TWO, |flags| {
		flags.backend = Some(Choice::Cpu);
		flags.ask_level = Some(4);
	});
	assert_eq!(name(&settings.unwrap()), Some("ask_level"));
	let text = format!("backend = \"cpu\"\n{TWO}");
	assert_eq!(resolve(&text, |_| {}).unwrap().backend, Choice::Cpu);
}

#[test]
fn devices_that_one_worker_cannot_serve_are_refused_with_a_way_out() {
	let many = error(TWO);
	assert!(matches!(many, ConfigError::ManyDevices(2)));
	assert!(many.hint().contains("one worker for each device"));
	let other = resolve(TWO, |flags| flags.backend = Some(Choice::Cuda(None))).unwrap_err();
	assert_eq!(other.hint(), "add it, or choose with --backend: cuda:0, cpu");
	let twice = "[[devices]]\ndevice = \"cpu\"\n[[devices]]\ndevice = \"cpu\"\n";
	assert!(matches!(error(twice), ConfigError::DeviceTwice(Choice::Cpu)));
	assert!(matches!(
		error("[[devices]]\ndevice = \"auto\"\n"),
		ConfigError::AnyDevice
	));
	assert!(matches!(
		error("[[devices]]\ndevice = \"gpu\"\n"),
		ConfigError::Backend(_)
	));
	assert!(matches!(
		error("[[devices]]\nname = \"cpu\"\n"),
		ConfigError::Parse { .. }
	));
	let both = "ask_price = 65\n[[devices]]\ndevice = \"cpu\"\npreset = \"night\"\n";
	assert!(matches!(error(both), ConfigError::TwoAsks));
}

#[test]
fn all_presets_can_be_listed_without_a_state_directory() {
	let (_dir, flags) = file("preset = \"home\"\n[presets.home]\nasks = 64\n");
	let offers = flags.offers().unwrap();
	assert_eq!(
		(offers.presets.names().as_str(), offers.state),
		("home, ladder, night, steady", None)
	);
	assert_eq!(offers.asks.unwrap().unwrap().preset.asks, [AskPrice::Money(Price(64))]);
	let nothing = Flags::default().offers().unwrap();
	assert_eq!(nothing.asks.unwrap(), None);
	// Which one is in force is another matter.
	let (_dir, flags) = file(TWO);
	let offers = flags.offers().unwrap();
	assert!(matches!(offers.asks, Err(ConfigError::ManyDevices(2))));
	let (_dir, flags) = file("[presets.home]\nasks = []\n");
	assert!(matches!(flags.offers(), Err(ConfigError::Preset(_))));
}
