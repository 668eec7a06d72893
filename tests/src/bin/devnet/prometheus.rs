//! Prometheus beside the network, where it is installed.

use crate::{crew::Crew, failure::Failure, start::usual_or_free};
use millrace_tests::{rpc, scrape};
use std::{
	env, fs,
	path::{Path, PathBuf},
	process::Command,
	time::Duration,
};

/// How to get it.
pub(crate) const HINT: &str = "on Debian: apt-get install --no-install-recommends prometheus";
/// What its process is called here.
const NAME: &str = "prometheus";
/// Where it usually answers.
const PORT: u16 = 9090;
/// Where it shows alerts: the project's own pages, Debian's, and what programs ask, where it was built without any or finds none.
const ALERTS: [&str; 3] = ["/alerts", "/classic/alerts", "/api/v1/alerts"];
/// How long it may take until it answers.
const LIMIT: Duration = Duration::from_secs(60);

/// The program. That it is not installed is a failure only if it must be there.
pub(crate) fn find(must: bool) -> Result<Option<PathBuf>, Failure> {
	let path = env::var_os("PATH").unwrap_or_default();
	let mut places = env::split_paths(&path).map(|folder| folder.join("prometheus"));
	match places.find(|place| place.is_file()) {
		None if must => Err(Failure::new("Prometheus is not installed", HINT)),
		found => Ok(found),
	}
}

/// Starts it with the rules that ship. It scrapes the nodes that export metrics at these ports.
pub(crate) fn start(crew: &Crew, program: &Path, metrics: &[u16]) -> Result<(), Failure> {
	let folder = crew.folder().join("prometheus");
	fs::create_dir_all(&folder).map_err(Failure::of(&folder))?;
	let configuration = folder.join("prometheus.yml");
	for (file, text) in [
		(&configuration, scrape::configuration(metrics)),
		(&folder.join(scrape::RULES_FILE), scrape::RULES.to_owned()),
	] {
		fs::write(file, text).map_err(Failure::of(file))?;
	}
	let port = usual_or_free(PORT);
	let mut command = Command::new(program);
	command
		.arg(format!("--config.file={}", configuration.display()))
		.arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
		.arg(format!("--web.listen-address=127.0.0.1:{port}"))
		.current_dir(&folder);
	crew.start(NAME, &[], &mut command)?;
	crew.wait(NAME, "answer", LIMIT, || rpc::get(port, "/-/ready").ok())?;
	let page = ALERTS.into_iter().find(|page| rpc::get(port, page).is_ok());
	let url = format!("http://127.0.0.1:{port}{}", page.unwrap_or("/"));
	crew.answers_at(NAME, &[url])
}
