//! Who may ask how often: caps for each address and for each job.
//!
//! A token bucket bounds an address's rate; counters bound what is in flight for an address and for a job. The table of
//! addresses is bounded too: idle entries are dropped when it grows, and when it is full of busy ones, newcomers wait.

use millrace_client::chain::JobId;
use std::{
	collections::HashMap,
	net::IpAddr,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Instant,
};

/// The caps.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
	/// Connections open at once, of all peers together.
	pub connections: usize,
	/// Requests in flight from one address.
	pub per_address: u32,
	/// Requests in flight for one job.
	pub per_job: u32,
	/// Requests that an address may make at once after a pause.
	pub burst: f64,
	/// Requests a second that an address may go on with.
	pub per_second: f64,
	/// Addresses remembered.
	pub addresses: usize,
}

impl Default for Caps {
	fn default() -> Self {
		Self {
			connections: 256,
			per_address: 16,
			per_job: 8,
			burst: 400.0,
			per_second: 200.0,
			addresses: 4_096,
		}
	}
}

/// The cap that a request ran into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
	/// Too many requests a second from this address.
	Rate,
	/// Too many requests in flight from this address.
	Address,
	/// Too many requests in flight for this job.
	Job,
	/// Too many addresses at once.
	Table,
}

impl Refusal {
	/// What the requester is told.
	pub fn message(self) -> &'static str {
		match self {
			Refusal::Rate => "too many requests a second from this address",
			Refusal::Address => "too many requests in flight from this address",
			Refusal::Job => "too many requests in flight for this job",
			Refusal::Table => "too many peers at once",
		}
	}
}

struct Address {
	tokens: f64,
	at: Instant,
	in_flight: u32,
}

#[derive(Default)]
struct Tables {
	addresses: HashMap<IpAddr, Address>,
	jobs: HashMap<JobId, u32>,
}

/// Counts what is in flight.
#[derive(Clone)]
pub struct Limits {
	caps: Caps,
	tables: Arc<Mutex<Tables>>,
}

impl Limits {
	/// Empty tables.
	pub fn new(caps: Caps) -> Self {
		Self {
			caps,
			tables: Arc::default(),
		}
	}

	/// The caps.
	pub fn caps(&self) -> &Caps {
		&self.caps
	}

	/// Admits a request at `now`, or says which cap it ran into. The slot is free again when the answer is dropped.
	pub fn admit(&self, address: IpAddr, job: Option<JobId>, now: Instant) -> Result<Slot, Refusal> {
		let mut tables = self.lock();
		if !tables.addresses.contains_key(&address) && tables.addresses.len() >= self.caps.addresses {
			let caps = self.caps;
			tables
				.addresses
				.retain(|_, entry| entry.in_flight > 0 || entry.refilled(&caps, now) < caps.burst);
			if tables.addresses.len() >= self.caps.addresses {
				return Err(Refusal::Table);
			}
		}
		if job.is_some_and(|job| tables.jobs.get(&job).is_some_and(|count| *count >= self.caps.per_job)) {
			return Err(Refusal::Job);
		}
		let entry = tables.addresses.entry(address).or_insert(Address {
			tokens: self.caps.burst,
			at: now,
			in_flight: 0,
		});
		entry.tokens = entry.refilled(&self.caps, now);
		entry.at = now;
		if entry.in_flight >= self.caps.per_address {
			return Err(Refusal::Address);
		}
		if entry.tokens < 1.0 {
			return Err(Refusal::Rate);
		}
		entry.tokens -= 1.0;
		entry.in_flight += 1;
		if let Some(job) = job {
			*tables.jobs.entry(job).or_insert(0) += 1;
		}
		Ok(Slot {
			limits: self.clone(),
			address,
			job,
		})
	}

	fn lock(&self) -> MutexGuard<'_, Tables> {
		self.tables.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

impl Address {
	fn refilled(&self, caps: &Caps, now: Instant) -> f64 {
		let seconds = now.saturating_duration_since(self.at).as_secs_f64();
		(self.tokens + seconds * caps.per_second).min(caps.burst)
	}
}

/// A request in flight.
pub struct Slot {
	limits: Limits,
	address: IpAddr,
	job: Option<JobId>,
}

impl Drop for Slot {
	fn drop(&mut self) {
		let mut tables = self.limits.lock();
		if let Some(entry) = tables.addresses.get_mut(&self.address) {
			entry.in_flight = entry.in_flight.saturating_sub(1);
		}
		if let Some(job) = self.job {
			let left = tables.jobs.get(&job).map_or(0, |count| count.saturating_sub(1));
			if left == 0 {
				tables.jobs.remove(&job);
			} else {
				tables.jobs.insert(job, left);
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Duration;

	const CAPS: Caps = Caps {
		connections: 8,
		per_address: 2,
		per_job: 3,
		burst: 4.0,
		per_second: 2.0,
		addresses: 2,
	};

	fn address(last: u8) -> IpAddr {
		IpAddr::from([10, 0, 0, last])
	}

	#[test]
	fn bursts_end_and_come_back() {
		let limits = Limits::new(CAPS);
		let start = Instant::now();
		for _ in 0..4 {
			assert!(limits.admit(address(1), None, start).is_ok());
		}
		assert_eq!(limits.admit(address(1), None, start).err(), Some(Refusal::Rate));
		assert!(
			limits.admit(address(2), None, start).is_ok(),
			"another address has its own"
		);
		assert!(
			limits
				.admit(address(1), None, start + Duration::from_millis(500))
				.is_ok(),
			"two a second"
		);
		assert_eq!(
			limits.admit(address(1), None, start + Duration::from_millis(500)).err(),
			Some(Refusal::Rate)
		);
	}

	#[test]
	fn what_is_in_flight_is_bounded_and_freed() {
		let limits = Limits::new(CAPS);
		let now = Instant::now();
		let job = Some(JobId([7; 32]));
		let first = limits.admit(address(1), job, now).unwrap();
		let _second = limits.admit(address(1), job, now).unwrap();
		assert_eq!(limits.admit(address(1), None, now).err(), Some(Refusal::Address));
		let _third = limits.admit(address(2), job, now).unwrap();
		assert_eq!(limits.admit(address(2), job, now).err(), Some(Refusal::Job));
		drop(first);
		assert!(limits.admit(address(2), job, now).is_ok());
	}

	#[test]
	fn the_table_of_addresses_is_bounded() {
		let limits = Limits::new(CAPS);
		let now = Instant::now();
		let _one = limits.admit(address(1), None, now).unwrap();
		let _two = limits.admit(address(2), None, now).unwrap();
		assert_eq!(limits.admit(address(3), None, now).err(), Some(Refusal::Table));
		drop(_one);
		let later = now + Duration::from_secs(60);
		assert!(
			limits.admit(address(3), None, later).is_ok(),
			"an idle address makes room"
		);
	}
}
