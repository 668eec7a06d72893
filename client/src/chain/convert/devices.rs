//! Devices and the rules of enrolment.

use super::{api, enrolment, providers, BoundedVec, FromRuntime, IntoPlain, IntoRuntime};
use crate::chain::{ClassTaskView, DeviceClass, DeviceFacts, DeviceState, DeviceView, EnrolmentRulesView};
use api::runtime_types::millrace_runtime::configs::parameters::{
	dynamic_params::providers as parameters, RuntimeParametersKey, RuntimeParametersValue,
};
use subxt::utils::H256;

impl IntoRuntime for DeviceFacts {
	type Runtime = providers::DeviceFacts;
	fn into_runtime(self) -> providers::DeviceFacts {
		providers::DeviceFacts {
			model: BoundedVec(self.model.into_bytes()),
			memory: self.memory,
			compute_capability: self.compute_capability,
			driver: BoundedVec(self.driver.into_bytes()),
			uuid_hash: H256(self.uuid_hash),
		}
	}
}

impl FromRuntime<providers::DeviceFacts> for DeviceFacts {
	fn from_runtime(facts: providers::DeviceFacts) -> DeviceFacts {
		let text = |bytes: BoundedVec<u8>| String::from_utf8_lossy(&bytes.0).into_owned();
		DeviceFacts {
			model: text(facts.model),
			memory: facts.memory,
			compute_capability: facts.compute_capability,
			driver: text(facts.driver),
			uuid_hash: facts.uuid_hash.0,
		}
	}
}

impl FromRuntime<providers::DeviceState> for DeviceState {
	fn from_runtime(state: providers::DeviceState) -> DeviceState {
		match state {
			providers::DeviceState::Waiting => DeviceState::Waiting,
			providers::DeviceState::Measuring => DeviceState::Measuring,
			providers::DeviceState::Measured { class, at, ticks, job } => DeviceState::Measured {
				class: DeviceClass::from_runtime(class),
				at,
				ticks,
				job: job.into_plain(),
			},
			providers::DeviceState::Failed { at } => DeviceState::Failed { at },
			providers::DeviceState::Unmeasured => DeviceState::Unmeasured,
		}
	}
}

impl FromRuntime<providers::Device> for DeviceView {
	fn from_runtime(device: providers::Device) -> DeviceView {
		DeviceView {
			facts: DeviceFacts::from_runtime(device.facts),
			requested: device.requested,
			state: DeviceState::from_runtime(device.state),
			job: device.job.map(IntoPlain::into_plain),
		}
	}
}

impl FromRuntime<enrolment::EnrolmentRules> for EnrolmentRulesView {
	fn from_runtime(rules: enrolment::EnrolmentRules) -> EnrolmentRulesView {
		let tasks = DeviceClass::ALL.into_iter().zip(rules.tasks);
		let tasks = tasks.flat_map(|(class, tasks)| {
			tasks.into_iter().flatten().map(move |task| {
				let task = ClassTaskView {
					kernel: task.kernel.into_plain(),
					items: task.items,
					ticks: task.ticks,
				};
				(class, task)
			})
		});
		EnrolmentRulesView {
			draw_ticks: rules.draw_ticks,
			retry_ticks: rules.retry_ticks,
			rest: rules.rest,
			tasks: tasks.collect(),
		}
	}
}

/// The key under which governance stores the rules of enrolment.
pub(in crate::chain) fn enrolment_key() -> RuntimeParametersKey {
	RuntimeParametersKey::Providers(parameters::ParametersKey::Enrolment(parameters::Enrolment))
}

/// The rules in what is stored under that key; `None` if that is something else.
pub(in crate::chain) fn enrolment_rules(value: RuntimeParametersValue) -> Option<EnrolmentRulesView> {
	match value {
		RuntimeParametersValue::Providers(parameters::ParametersValue::Enrolment(rules)) => {
			Some(EnrolmentRulesView::from_runtime(rules))
		}
		_ => None,
	}
}
