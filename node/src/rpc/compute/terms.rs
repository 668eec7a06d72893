//! Jobs as their requesters describe them, and markets: read and written in the same form.

use super::{
	error::Failure,
	given::{Fields, Given},
	text::{class_name, decimal, hash, list, object, price, provider, tagged},
};
use millrace_primitives::{
	job::{MAX_INPUTS, MAX_PARAMS},
	DeviceClass, InputRef, JobKind, JobSpec, KernelHash, Level, Minima, Pool, Price, ProviderId, Region, Target, Terms,
};
use polkadot_sdk::sp_runtime::BoundedVec;
use serde_json::Value;

/// The fields of a job's description.
const SPEC: [&str; 7] = ["kernel", "params", "inputs", "items", "maxUnits", "dataKey", "terms"];
/// The fields of how a job is to be bought.
const TERMS: [&str; 5] = ["target", "public", "runTicks", "window", "expires"];

/// Reads a job's description.
pub(super) fn read_spec(given: Given<'_>) -> Result<JobSpec, Failure> {
	let fields = given.object(&SPEC)?;
	let params = list_of(&fields, "params", MAX_PARAMS, |param| param.decimal(u64::MAX))?;
	let inputs = list_of(&fields, "inputs", MAX_INPUTS, |input| {
		let fields = input.object(&["root", "len"])?;
		Ok(InputRef {
			root: fields.needed("root")?.hash()?,
			len: fields.needed("len")?.u32()?,
		})
	})?;
	Ok(JobSpec {
		kernel: KernelHash(fields.needed("kernel")?.hash()?),
		// No longer than the bound: that was looked at above.
		params: BoundedVec::truncate_from(params),
		inputs: BoundedVec::truncate_from(inputs),
		items: fields.needed("items")?.u32()?,
		max_units: fields.needed("maxUnits")?.u32()?,
		data_key: fields.needed("dataKey")?.hash()?.0,
		terms: read_terms(fields.needed("terms")?)?,
	})
}

/// Reads a list that may be left out where it is empty.
fn list_of<T>(
	fields: &Fields<'_>,
	name: &str,
	most: u32,
	read: impl FnMut(Given<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
	match fields.optional(name) {
		Some(given) => given.list(most)?.into_iter().map(read).collect(),
		None => Ok(Vec::new()),
	}
}

fn read_terms(given: Given<'_>) -> Result<Terms, Failure> {
	let fields = given.object(&TERMS)?;
	Ok(Terms {
		target: read_target(fields.needed("target")?)?,
		public: fields.needed("public")?.flag()?,
		run_ticks: fields.needed("runTicks")?.u32()?,
		window: fields.needed("window")?.u32()?,
		expires: fields.needed("expires")?.u32()?,
	})
}

fn read_target(given: Given<'_>) -> Result<Target, Failure> {
	if given.tag(&["book", "provider"])? == "book" {
		let fields = given.object(&["type", "pool", "level"])?;
		return Ok(Target::Book {
			pool: read_pool(fields.needed("pool")?)?,
			level: Level(fields.needed("level")?.u8(0, u8::MAX)?),
		});
	}
	let fields = given.object(&["type", "provider", "price", "minima"])?;
	Ok(Target::Provider {
		provider: ProviderId(fields.needed("provider")?.u32()?),
		price: Price(fields.needed("price")?.decimal(u64::MAX)?),
		minima: read_minima(&fields)?,
	})
}

/// Reads the least record that a job asks of its provider: what is left out is not asked.
fn read_minima(given: &Fields<'_>) -> Result<Minima, Failure> {
	let fields = given.object_or_empty("minima", &["paidJobs", "failedPercent", "stake"])?;
	let none = Minima::default();
	Ok(Minima {
		paid_jobs: fields
			.optional("paidJobs")
			.map_or(Ok(none.paid_jobs), |jobs| jobs.u32())?,
		failed_percent: fields
			.optional("failedPercent")
			.map_or(Ok(none.failed_percent), |most| most.u8(0, 100))?,
		stake: fields
			.optional("stake")
			.map_or(Ok(none.stake), |stake| stake.decimal(u128::MAX))?,
	})
}

/// Reads a market.
pub(super) fn read_pool(given: Given<'_>) -> Result<Pool, Failure> {
	let fields = given.object(&["kind", "class", "region"])?;
	Ok(Pool {
		kind: fields.needed("kind")?.one_of(&[("map", JobKind::Map)])?,
		class: read_class(fields.needed("class")?)?,
		region: read_region(fields.needed("region")?)?,
	})
}

/// Reads a class by its name.
pub(super) fn read_class(given: Given<'_>) -> Result<DeviceClass, Failure> {
	given.one_of(&DeviceClass::ALL.map(|class| (class_name(class), class)))
}

/// Reads a region's number.
pub(super) fn read_region(given: Given<'_>) -> Result<Region, Failure> {
	let last = u8::try_from(Region::NAMES.len().saturating_sub(1)).unwrap_or(u8::MAX);
	Ok(Region(given.u8(0, last)?))
}

/// How a job is bought.
pub(super) fn terms(terms: &Terms) -> Value {
	object([
		("target", target(&terms.target)),
		("public", terms.public.into()),
		("runTicks", terms.run_ticks.into()),
		("window", terms.window.into()),
		("expires", terms.expires.into()),
	])
}

fn target(target: &Target) -> Value {
	match target {
		Target::Book { pool: at, level } => tagged("book", [("pool", pool(*at)), ("level", level.0.into())]),
		Target::Provider {
			provider: named,
			price: offered,
			minima,
		} => {
			let minima = object([
				("paidJobs", minima.paid_jobs.into()),
				("failedPercent", minima.failed_percent.into()),
				("stake", decimal(minima.stake)),
			]);
			let fields = [
				("provider", provider(*named)),
				("price", price(*offered)),
				("minima", minima),
			];
			tagged("provider", fields)
		}
	}
}

/// A market.
pub(super) fn pool(pool: Pool) -> Value {
	let kind = match pool.kind {
		JobKind::Map => "map",
	};
	object([
		("kind", kind.into()),
		("class", class_name(pool.class).into()),
		("region", pool.region.0.into()),
	])
}

/// Parameters.
pub(super) fn params(params: &[u64]) -> Value {
	list(params, decimal)
}

/// Inputs.
pub(super) fn inputs(inputs: &[InputRef]) -> Value {
	list(inputs, |input| {
		object([("root", hash(input.root)), ("len", input.len.into())])
	})
}
