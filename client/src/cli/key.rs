//! `millrace key`.

use super::{arguments::KeyCommand, print::pairs, Session};
use crate::{
	chain::to_hex,
	exit::{Code, Failure},
	keys::Key,
};
use serde_json::json;
use std::io::{self, Read};

/// Most bytes of a phrase on standard input.
const MAX_PHRASE: u64 = 4096;

pub(super) fn run(session: &Session<'_>, command: KeyCommand) -> Result<(), Failure> {
	match command {
		KeyCommand::New { file } => {
			let key = Key::create(&file)?;
			show(session, &key, Some(&file.display().to_string()));
		}
		KeyCommand::Import { file } => {
			let mut phrase = String::new();
			io::stdin()
				.lock()
				.take(MAX_PHRASE)
				.read_to_string(&mut phrase)
				.map_err(|error| {
					Failure::new(
						Code::Config,
						format!("cannot read the phrase: {error}"),
						"write it to standard input",
					)
				})?;
			let key = Key::import(&file, &phrase)?;
			show(session, &key, Some(&file.display().to_string()));
		}
		KeyCommand::Show { file } => show(session, &Key::open(&file)?, None),
	}
	Ok(())
}

fn show(session: &Session<'_>, key: &Key, file: Option<&str>) {
	let (address, public) = (key.account().to_string(), to_hex(&key.public()));
	let mut object = json!({ "address": address, "public_key": public });
	let mut rows = vec![("address", address), ("public key", public)];
	if let (Some(file), Some(object)) = (file, object.as_object_mut()) {
		object.insert("file".to_owned(), file.into());
		rows.push(("file", format!("{file} (keep it secret: it holds the phrase)")));
	}
	session.printer.show(&object, || pairs(rows));
}
