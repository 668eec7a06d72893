//! The documents say what is true: their commands work, their links lead somewhere, their job files can be read.
//!
//! A fenced block marked `sh` is run as it stands, in a folder that looks like the repository; one marked `sh chain` against
//! a `development` chain with a provider; one marked `sh norun` not at all. `docs/README.md` tells readers the same.

use millrace_client::job_file::JobFile;
use millrace_tests::{binary, Network};
use std::{
	collections::BTreeSet,
	env,
	fs::{self, File},
	os::unix::fs::symlink,
	path::{Path, PathBuf},
	process::{Command, Stdio},
};

/// Most seconds that a block may take.
const LIMIT: &str = "180";
/// Where a node answers unless told otherwise; in blocks that need a chain it becomes the test's.
const DEFAULT_ADDRESS: &str = "127.0.0.1:9944";
/// What blocks of a shell are called; under another name than the first they would look the same and go untested.
const SHELLS: [&str; 7] = ["sh", "bash", "console", "shell", "shell-session", "terminal", "zsh"];

/// A fenced block.
struct Block {
	line: usize,
	indent: usize,
	info: String,
	text: String,
}

/// A document: its blocks, and its other lines with their numbers.
struct Page {
	name: String,
	blocks: Vec<Block>,
	prose: Vec<(usize, String)>,
}

impl Page {
	/// Reads a file, named from the repository's root.
	fn read(name: &str) -> Page {
		let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
		let (mut blocks, mut prose) = (Vec::new(), Vec::new());
		let mut open: Option<Block> = None;
		for (number, line) in (1..).zip(text.lines()) {
			let inner = line.trim_start();
			let indent = line.len() - inner.len();
			let fence = inner.strip_prefix("```");
			match (open.take(), fence) {
				(None, None) => prose.push((number, line.to_owned())),
				(None, Some(info)) => {
					let info = info.trim().to_owned();
					let of_a_shell = SHELLS.contains(&info.split_whitespace().next().unwrap_or_default());
					let known = matches!(info.as_str(), "sh" | "sh chain" | "sh norun");
					assert!(known || !of_a_shell, "{name}:{number}: unknown mark {info:?}");
					open = Some(Block {
						line: number,
						indent,
						info,
						text: String::new(),
					});
				}
				(Some(block), Some(_)) => blocks.push(block),
				(Some(mut block), None) => {
					// In a list a block is indented; that is no part of it.
					block.text.push_str(&line[indent.min(block.indent)..]);
					block.text.push('\n');
					open = Some(block);
				}
			}
		}
		assert!(open.is_none(), "{name}: a block is not closed");
		Page {
			name: name.to_owned(),
			blocks,
			prose,
		}
	}
}

/// The anchor of a heading: lower case, hyphens for spaces, no punctuation.
fn anchor_of(heading: &str) -> String {
	let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
	text.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

fn root() -> PathBuf {
	let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
	tests.parent().expect("the crate lies in the repository").to_owned()
}

/// README.md and all of docs/.
fn pages() -> Vec<Page> {
	let mut names = vec!["README.md".to_owned()];
	let mut folders = vec!["docs".to_owned()];
	while let Some(folder) = folders.pop() {
		for entry in fs::read_dir(root().join(&folder)).expect("the documents are there") {
			let entry = entry.expect("the folder can be read");
			let name = entry.file_name();
			let name = format!("{folder}/{}", name.to_str().expect("file names are UTF-8"));
			if entry.path().is_dir() {
				folders.push(name);
			} else if name.ends_with(".md") {
				names.push(name);
			}
		}
	}
	names.sort();
	names.iter().map(|name| Page::read(name)).collect()
}

/// Makes a folder in which a reader's commands find what they would find in the repository. What they write stays in it.
fn scratch(folder: &Path) {
	fs::create_dir(folder).expect("the test's folder is writable");
	let mut copy = Command::new("cp");
	let copied = copy.arg("-r").arg(root().join("examples")).arg(folder).status();
	assert!(copied.is_ok_and(|status| status.success()));
	for name in ["docs", "kernel", "scripts"] {
		symlink(root().join(name), folder.join(name)).expect("the test's folder is writable");
	}
}

/// Runs a block in `folder`, which is its home too, against the node at `url`, if any. What it exports holds for later blocks.
fn run(text: &str, folder: &Path, url: Option<&str>) -> Result<(), String> {
	let programs = binary("millrace").parent().expect("it lies in a folder").to_owned();
	let old_path = env::var_os("PATH").unwrap_or_default();
	let path = env::join_paths([programs.clone()].into_iter().chain(env::split_paths(&old_path))).expect("a path");
	let text = url.map_or(text.to_owned(), |url| {
		text.replace(DEFAULT_ADDRESS, url.trim_start_matches("ws://"))
	});
	// The block's own exit status counts, so what it exports is written on the way out.
	let script = format!("[ ! -f ~/.exports ] || . ~/.exports\ntrap 'export -p >~/.exports' EXIT\n{text}");
	let log = folder.join(".output");
	let output = File::create(&log).expect("the test's folder is writable");
	let errors = output.try_clone().expect("a file can be duplicated");

	// `timeout` ends what the block started, too.
	let mut command = Command::new("timeout");
	command.args(["--kill-after=5", LIMIT, "bash", "-euo", "pipefail", "-c", &script]);
	for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MILLRACE_")) {
		command.env_remove(name);
	}
	// The compiler is found by the home folder, which is another one here.
	if let Some(home) = env::var_os("HOME").map(PathBuf::from) {
		for (name, default) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
			command.env(name, env::var_os(name).unwrap_or_else(|| home.join(default).into()));
		}
	}
	let status = command
		.current_dir(folder)
		.env("PATH", path)
		.env("HOME", folder)
		.env("XDG_STATE_HOME", folder.join("state"))
		.env("CARGO_TARGET_DIR", programs.parent().expect("profiles lie in a folder"))
		.envs(url.map(|url| ("MILLRACE_URL", url)))
		.stdin(Stdio::null())
		.stdout(output)
		.stderr(errors)
		.status()
		.expect("timeout and bash are installed");
	if status.success() {
		return Ok(());
	}
	let output = fs::read_to_string(&log).unwrap_or_default();
	Err(format!("{status} (124 or 137: not done in {LIMIT} s)\n{output}"))
}

#[test]
fn every_command_works() {
	let pages = pages();
	let folder = tempfile::tempdir().expect("a temporary folder");
	let mut network = Network::start("development", &folder.path().join("network"), |text| println!("{text}"));
	network.start_worker();
	let url = network.node.url();
	let mut failures = Vec::new();
	for page in &pages {
		let folder = folder.path().join(page.name.replace('/', "-"));
		scratch(&folder);
		for block in &page.blocks {
			let url = match block.info.as_str() {
				"sh" => None,
				"sh chain" => Some(url.as_str()),
				_ => continue,
			};
			let result = run(&block.text, &folder, url);
			let place = format!("{}:{}", page.name, block.line);
			println!("{place}  {}", if result.is_ok() { "works" } else { "fails" });
			if let Err(problem) = result {
				failures.push(format!("{place}: {problem}\n{}", block.text));
			}
		}
	}
	let count = |info: &str| {
		let blocks = pages.iter().flat_map(|page| &page.blocks);
		blocks.filter(|block| block.info == info).count()
	};
	let (plain, on_chain, not_run) = (count("sh"), count("sh chain"), count("sh norun"));
	println!("{plain} blocks run, {on_chain} run on a chain, {not_run} marked norun");
	assert!(plain > 0 && on_chain > 0, "the documents have commands");
	assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_link_leads_somewhere_and_every_page_is_listed() {
	let root = root().canonicalize().expect("the repository is there");
	let (mut known, mut wrong, mut links) = (BTreeSet::new(), Vec::new(), 0);
	let mut waiting: Vec<String> = pages().into_iter().map(|page| page.name).collect();
	waiting.push("CHANGELOG.md".to_owned());
	// Documents beside the code are reached through links.
	while let Some(name) = waiting.pop() {
		if !known.insert(name.clone()) {
			continue;
		}
		let own = name.rsplit('/').next().unwrap_or_default();
		for (line, text) in Page::read(&name).prose {
			let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
			for (target, _) in targets.filter(|(target, _)| !target.contains("://")) {
				links += 1;
				let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
				let file = if file.is_empty() { own } else { file };
				let found = root.join(&name).with_file_name(file).canonicalize().ok();
				let path = found.as_deref().and_then(|path| path.strip_prefix(&root).ok());
				let right = path.and_then(Path::to_str).is_some_and(|to| {
					let is_page = to.ends_with(".md");
					waiting.extend(is_page.then(|| to.to_owned()));
					let has = |(_, line): &(usize, String)| line.starts_with('#') && anchor_of(line) == anchor;
					anchor.is_empty() || (is_page && Page::read(to).prose.iter().any(has))
				});
				if !right {
					wrong.push(format!("{name}:{line}: {target}"));
				}
			}
		}
	}
	println!("{links} links in {} documents", known.len());
	assert!(wrong.is_empty(), "they lead nowhere:\n{}", wrong.join("\n"));

	// Each folder's README.md lists its pages, and the README.md of each folder in it.
	for page in pages().iter().filter(|page| page.name.starts_with("docs/")) {
		let (folder, name) = page.name.rsplit_once('/').expect("it lies in a folder");
		let (index, name) = match (name, folder.rsplit_once('/')) {
			("README.md", None) => continue,
			("README.md", Some((above, own))) => (above, format!("{own}/README.md")),
			(name, _) => (folder, name.to_owned()),
		};
		let index = format!("{index}/README.md");
		let text = fs::read_to_string(root.join(&index)).expect("there is an index");
		assert!(text.contains(&format!("]({name})")), "{index} leaves {name} out");
	}
}

#[test]
fn job_files_in_the_documents_can_be_read() {
	for page in pages() {
		for block in page.blocks.iter().filter(|block| block.info == "toml") {
			let read = JobFile::parse(Path::new("docs/job.toml"), &block.text);
			assert!(read.is_ok(), "{}:{}: {:?}", page.name, block.line, read.err());
		}
	}
}
