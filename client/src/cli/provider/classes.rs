//! `millrace provider classes`.

use super::super::{
	print::{grouped, pairs, table},
	Session,
};
use crate::{
	amount::{self, Balance},
	chain::{ClassTaskView, DeviceClass, EnrolmentRulesView, SECONDS_PER_TICK},
	exit::Failure,
};
use serde_json::{json, Value};
use std::collections::{btree_map::Entry, BTreeMap};

/// A task with what its kernel makes of it.
struct Task {
	task: ClassTaskView,
	/// Units of all items, at most; none where the kernel is gone.
	units: Option<u128>,
}

/// A class and what is asked of its devices.
struct Class {
	class: DeviceClass,
	floor: Option<Balance>,
	tasks: Vec<Task>,
}

/// Prints the device classes.
pub(super) async fn run(session: &Session<'_>) -> Result<(), Failure> {
	let at = session.chain().await?.finalised().await?;
	let rules = at.enrolment_rules().await?;
	let mut per_item = BTreeMap::new();
	for (_, task) in &rules.tasks {
		if let Entry::Vacant(place) = per_item.entry(task.kernel) {
			let kernel = at.kernel(task.kernel).await?;
			place.insert(kernel.map(|kernel| u64::from(kernel.max_units)));
		}
	}
	let mut classes = Vec::new();
	for class in DeviceClass::ALL {
		let tasks = rules.tasks_of(class).map(|task| {
			let units = per_item.get(&task.kernel).copied().flatten();
			Task {
				task,
				units: units.map(|units| task.units(units)),
			}
		});
		classes.push(Class {
			class,
			floor: at.class(class)?.map(|figures| figures.floor),
			tasks: tasks.collect(),
		});
	}
	let mut object = object(&rules, &classes);
	if let Some(object) = object.as_object_mut() {
		object.insert("block".to_owned(), json!(at.block().number));
	}
	session.printer.show(&object, || text(&rules, &classes));
	Ok(())
}

impl Task {
	/// Units a second that a device must do at least. In fact a little more: the draw must reach it, and its result a
	/// block.
	fn least_speed(&self) -> Option<u128> {
		let seconds = u128::from(self.task.ticks) * u128::from(SECONDS_PER_TICK);
		self.units.and_then(|units| units.checked_div(seconds))
	}

	fn object(&self) -> Value {
		json!({
			"kernel": self.task.kernel,
			"items": self.task.items,
			"units": self.units.map(|units| units.to_string()),
			"ticks": self.task.ticks,
			"least_units_per_second": self.least_speed().map(|speed| speed.to_string()),
		})
	}
}

fn object(rules: &EnrolmentRulesView, classes: &[Class]) -> Value {
	let class = |class: &Class| {
		json!({
			"class": class.class.name(),
			"floor": class.floor.map(|floor| floor.to_string()),
			"measured": !class.tasks.is_empty(),
			"tasks": class.tasks.iter().map(Task::object).collect::<Vec<Value>>(),
		})
	};
	json!({
		"draw_ticks": rules.draw_ticks,
		"retry_ticks": rules.retry_ticks,
		"rest": rules.rest,
		"classes": classes.iter().map(class).collect::<Vec<Value>>(),
	})
}

fn text(rules: &EnrolmentRulesView, classes: &[Class]) -> String {
	let mut rows = Vec::new();
	let number = |number: Option<u128>| number.map_or_else(|| "unknown".to_owned(), grouped);
	for class in classes {
		let floor = class.floor.map_or_else(|| "unknown".to_owned(), amount::print);
		if class.tasks.is_empty() {
			let mut row = vec![
				class.class.to_string(),
				floor.clone(),
				"taken at its owner's word".to_owned(),
			];
			row.resize(7, String::new());
			rows.push(row);
		}
		for (count, task) in class.tasks.iter().enumerate() {
			let first = count == 0;
			rows.push(vec![
				if first { class.class.to_string() } else { String::new() },
				if first { floor.clone() } else { String::new() },
				task.task.kernel.to_string(),
				grouped(task.task.items),
				number(task.units),
				task.task.ticks.to_string(),
				number(task.least_speed()),
			]);
		}
	}
	let mut text = table(
		&[
			"class",
			"stake of a lane",
			"task: one of these kernels",
			"items",
			"units",
			"ticks",
			"least units/s",
		],
		rows,
	);
	if rules.tasks.is_empty() {
		return text;
	}
	text.push_str("\n\n");
	text.push_str(&pairs([
		(
			"ticks from enrolment to the draw, at least",
			rules.draw_ticks.to_string(),
		),
		("ticks until it may be enrolled again", rules.retry_ticks.to_string()),
		(
			"rest of a measured device, for each tick of a task",
			rules.rest.to_string(),
		),
	]));
	text
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{amount::MILL, chain::KernelHash};

	fn task(byte: u8, units: Option<u128>) -> Task {
		Task {
			task: ClassTaskView {
				kernel: KernelHash([byte; 32]),
				items: 1 << 15,
				ticks: 12,
			},
			units,
		}
	}

	fn classes() -> [Class; 2] {
		[
			Class {
				class: DeviceClass::Cpu4,
				floor: Some(336 * MILL),
				tasks: vec![task(1, Some(1 << 36)), task(2, None)],
			},
			Class {
				class: DeviceClass::Cpu32,
				floor: Some(400 * MILL),
				tasks: Vec::new(),
			},
		]
	}

	fn rules() -> EnrolmentRulesView {
		let [cpu4, _] = classes();
		EnrolmentRulesView {
			tasks: cpu4.tasks.iter().map(|task| (cpu4.class, task.task)).collect(),
			..EnrolmentRulesView::off()
		}
	}

	#[test]
	fn each_task_has_the_speed_that_it_takes() {
		assert_eq!(task(1, Some(1 << 36)).least_speed(), Some(1_908_874_353));
		assert_eq!(task(2, None).least_speed(), None);
		let text = text(&rules(), &classes());
		for part in [
			"cpu-4",
			"336 MILL",
			"68,719,476,736",
			"1,908,874,353",
			"unknown",
			"taken at its owner's word",
			"ticks until it may be enrolled again",
		] {
			assert!(text.contains(part), "{text}");
		}
	}

	#[test]
	fn classes_are_an_object_for_programs() {
		let object = object(&rules(), &classes());
		assert_eq!(object["draw_ticks"], 4);
		assert_eq!(object["retry_ticks"], 100);
		assert_eq!(object["rest"], 100);
		let expected = json!({
			"kernel": KernelHash([1; 32]).to_string(),
			"items": 32_768,
			"units": "68719476736",
			"ticks": 12,
			"least_units_per_second": "1908874353",
		});
		assert_eq!(object["classes"][0]["tasks"][0], expected);
		assert!(object["classes"][0]["tasks"][1]["units"].is_null());
		assert_eq!(object["classes"][0]["floor"], (336 * MILL).to_string());
		assert_eq!(object["classes"][1]["measured"], false);
	}

	#[test]
	fn where_no_class_is_measured_the_figures_of_enrolment_are_left_out() {
		let [_, cpu32] = classes();
		let text = text(&EnrolmentRulesView::off(), &[cpu32]);
		assert!(!text.contains("enrolled again"), "{text}");
	}
}
