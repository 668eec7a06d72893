//! Devices: how they show in a provider, and `millrace provider devices`.

use super::{
	super::{
		print::{pairs, table},
		progress::time_left,
		Session,
	},
	find,
};
use crate::{
	chain::{
		to_hex, DeviceClass, DeviceState, DeviceView, EnrolmentRulesView, ProviderId, ProviderView, Tick,
		SECONDS_PER_TICK,
	},
	exit::Failure,
};
use serde_json::{json, Value};

/// What it takes to say where devices stand.
struct Context {
	now: Tick,
	class: DeviceClass,
	rules: EnrolmentRulesView,
}

/// Prints a provider's devices.
pub(super) async fn run(session: &Session<'_>, id: ProviderId) -> Result<(), Failure> {
	let at = session.chain().await?.finalised().await?;
	let provider = find(&at, id).await?;
	let devices = at.devices(id).await?;
	let context = Context {
		now: at.tick().await?,
		class: provider.terms.class,
		rules: at.enrolment_rules().await?,
	};
	let shown: Vec<Value> = devices
		.iter()
		.map(|(slot, device)| context.object(*slot, device))
		.collect();
	let object = json!({
		"provider": id,
		"class": context.class.name(),
		"class_is_measured": context.rules.measures(context.class),
		"measured": provider.measured,
		"measuring": provider.measuring,
		"devices": shown,
		"tick": context.now,
		"block": at.block().number,
	});
	session.printer.show(&object, || context.text(&provider, &devices));
	Ok(())
}

/// How many devices a provider has and what they have shown, for people.
pub(super) fn devices_text(provider: &ProviderView) -> String {
	let count = match provider.devices {
		0 => return "none enrolled".to_owned(),
		count => count,
	};
	let class = provider.terms.class;
	let now = match provider.measuring {
		true => "; one is being measured, and until then it gets no other job",
		false => "",
	};
	format!("{count} enrolled, {} measured as {class}{now}", provider.measured)
}

impl Context {
	/// All devices for people.
	fn text(&self, provider: &ProviderView, devices: &[(u8, DeviceView)]) -> String {
		let sells = match (self.rules.measures(self.class), provider.measured) {
			(false, _) => "nothing is asked of its class",
			(true, 0) => "no device has shown its class yet, so it has no ask and gets no job that names it",
			(true, _) => "it may sell time of its class",
		};
		let mut text = pairs([
			("provider", provider.id.to_string()),
			("class", self.class.to_string()),
			("devices", devices_text(provider)),
			("so", sells.to_owned()),
		]);
		if devices.is_empty() {
			return text;
		}
		let rows = devices.iter().map(|(slot, device)| {
			vec![
				slot.to_string(),
				device.facts.model.clone(),
				memory(device.facts.memory),
				capability(device).unwrap_or_else(|| "none".to_owned()),
				device.facts.driver.clone(),
				self.state(device),
				device.job.map_or_else(|| "none".to_owned(), |job| job.to_string()),
			]
		});
		text.push_str("\n\n");
		text.push_str(&table(
			&["slot", "model", "memory", "capability", "driver", "state", "job"],
			rows,
		));
		text
	}

	/// Where a device stands, for people.
	fn state(&self, device: &DeviceView) -> String {
		let ago = |at: Tick| format!("at tick {at}, {} ago", time_left(self.now, at));
		match device.state {
			DeviceState::Waiting => {
				let drawn = device.requested.saturating_add(self.rules.draw_ticks);
				format!(
					"waits for its task since tick {}; drawn from tick {drawn} on",
					device.requested
				)
			}
			DeviceState::Measuring => "is measured: its task runs".to_owned(),
			DeviceState::Measured { class, at, ticks, .. } => {
				let other = match class == self.class {
					true => String::new(),
					false => format!(", which is not {}: {}", self.class, self.again(device)),
				};
				let anew = match device.job {
					Some(_) => "; is measured anew",
					None => "",
				};
				let took = time_left(ticks, 0);
				format!("{class} in {ticks} ticks ({took}), {}{other}{anew}", ago(at))
			}
			DeviceState::Failed { at } => format!("failed {}; {}", ago(at), self.again(device)),
			DeviceState::Unmeasured if self.rules.measures(self.class) => {
				format!(
					"was enrolled when nothing was asked of its class; {}",
					self.again(device)
				)
			}
			DeviceState::Unmeasured => "nothing is asked of it".to_owned(),
		}
	}

	/// The tick from which its worker may enrol it again.
	fn again_from(&self, device: &DeviceView) -> Tick {
		device.requested.saturating_add(self.rules.retry_ticks)
	}

	fn again(&self, device: &DeviceView) -> String {
		match self.again_from(device) {
			tick if tick <= self.now => "its worker may enrol it again".to_owned(),
			tick => format!(
				"its worker may enrol it again from tick {tick} on, in {}",
				time_left(tick, self.now)
			),
		}
	}

	/// A device for programs.
	fn object(&self, slot: u8, device: &DeviceView) -> Value {
		let mut object = json!({
			"slot": slot,
			"model": device.facts.model,
			"memory": device.facts.memory,
			"compute_capability": capability(device),
			"driver": device.facts.driver,
			"uuid_hash": to_hex(&device.facts.uuid_hash),
			"requested_tick": device.requested,
			"state": device.state.name(),
			"job": device.job,
			"enrol_again_tick": (!device.is_busy()).then(|| self.again_from(device)),
		});
		let more = match device.state {
			DeviceState::Measured { class, at, ticks, job } => json!({
				"measured_class": class.name(),
				"measured_tick": at,
				"measured_seconds_ago": self.seconds_since(at),
				"measured_ticks": ticks,
				"measured_by": job,
			}),
			DeviceState::Failed { at } => json!({
				"failed_tick": at,
				"failed_seconds_ago": self.seconds_since(at),
			}),
			DeviceState::Waiting | DeviceState::Measuring | DeviceState::Unmeasured => json!({}),
		};
		if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
			object.extend(more);
		}
		object
	}

	fn seconds_since(&self, at: Tick) -> u64 {
		u64::from(self.now.saturating_sub(at)) * SECONDS_PER_TICK
	}
}

/// Compute capability as it is written: `9.0`.
fn capability(device: &DeviceView) -> Option<String> {
	let capability = device.facts.compute_capability;
	capability.map(|(major, minor)| format!("{major}.{minor}"))
}

/// Bytes in GiB, with one decimal.
fn memory(bytes: u64) -> String {
	let tenths = u128::from(bytes) * 10 / (1 << 30);
	format!("{}.{} GiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::{ClassTaskView, DeviceFacts, JobId, KernelHash};

	fn context() -> Context {
		let task = ClassTaskView {
			kernel: KernelHash([3; 32]),
			items: 1 << 22,
			ticks: 12,
		};
		Context {
			now: 1_200,
			class: DeviceClass::GpuH,
			rules: EnrolmentRulesView {
				tasks: vec![(DeviceClass::GpuH, task)],
				..EnrolmentRulesView::off()
			},
		}
	}

	fn measured(class: DeviceClass) -> DeviceState {
		DeviceState::Measured {
			class,
			at: 1_100,
			ticks: 7,
			job: JobId([9; 32]),
		}
	}

	fn device(state: DeviceState) -> DeviceView {
		DeviceView {
			facts: DeviceFacts {
				model: "NVIDIA H200".to_owned(),
				memory: 150_754_820_096,
				compute_capability: Some((9, 0)),
				driver: "CUDA 12.8 (570.86)".to_owned(),
				uuid_hash: [5; 32],
			},
			requested: 1_150,
			state,
			job: None,
		}
	}

	#[test]
	fn a_device_says_where_it_stands() {
		let context = context();
		let says = |state| context.state(&device(state));
		assert_eq!(
			says(DeviceState::Waiting),
			"waits for its task since tick 1150; drawn from tick 1154 on"
		);
		assert_eq!(
			says(measured(DeviceClass::GpuH)),
			"gpu-h in 7 ticks (21 s), at tick 1100, 5 min ago"
		);
		let other = says(measured(DeviceClass::Gpu8g));
		assert!(
			other.contains("which is not gpu-h: its worker may enrol it again from tick 1250 on, in 2 min"),
			"{other}"
		);
		assert_eq!(
			says(DeviceState::Failed { at: 1_180 }),
			"failed at tick 1180, 60 s ago; its worker may enrol it again from tick 1250 on, in 2 min"
		);
		let anew = DeviceView {
			job: Some(JobId([1; 32])),
			..device(measured(DeviceClass::GpuH))
		};
		assert!(context.state(&anew).ends_with("; is measured anew"));
		let early = says(DeviceState::Unmeasured);
		assert!(early.starts_with("was enrolled when nothing was asked"), "{early}");
		let off = Context {
			rules: EnrolmentRulesView::off(),
			..context
		};
		assert_eq!(off.state(&device(DeviceState::Unmeasured)), "nothing is asked of it");
		let late = Context { now: 1_250, ..off };
		assert!(late
			.state(&device(DeviceState::Failed { at: 1_180 }))
			.ends_with("; its worker may enrol it again"));
	}

	#[test]
	fn a_device_is_an_object_for_programs() {
		let object = context().object(0, &device(measured(DeviceClass::GpuH)));
		let job = JobId([9; 32]).to_string();
		let expected = json!({
			"slot": 0,
			"model": "NVIDIA H200",
			"memory": 150_754_820_096u64,
			"compute_capability": "9.0",
			"driver": "CUDA 12.8 (570.86)",
			"uuid_hash": to_hex(&[5; 32]),
			"requested_tick": 1_150,
			"state": "measured",
			"job": null,
			"enrol_again_tick": 1_250,
			"measured_class": "gpu-h",
			"measured_tick": 1_100,
			"measured_seconds_ago": 300,
			"measured_ticks": 7,
			"measured_by": job,
		});
		assert_eq!(object, expected);

		let waits = context().object(3, &device(DeviceState::Waiting));
		assert_eq!(waits["state"], "waiting");
		assert!(waits["enrol_again_tick"].is_null(), "not while it waits");
		assert!(waits.get("measured_tick").is_none());
		let failed = context().object(3, &device(DeviceState::Failed { at: 1_190 }));
		assert_eq!(failed["failed_tick"], 1_190);
		assert_eq!(failed["failed_seconds_ago"], 30);
	}

	#[test]
	fn memory_is_printed_in_gib() {
		for (bytes, text) in [
			(0, "0.0 GiB"),
			(8 << 30, "8.0 GiB"),
			(150_754_820_096, "140.4 GiB"),
			(u64::MAX, "17179869183.9 GiB"),
		] {
			assert_eq!(memory(bytes), text);
		}
	}
}
