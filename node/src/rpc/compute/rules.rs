//! The governed figures: windows, fees and bounds of the market, and the device classes.

use super::text::{class_name, decimal, list, object};
use millrace_primitives::{ClassFigures, DeviceClass, Region};
use millrace_runtime::configs::millrace::MarketFigures;
use serde_json::Value;

/// The governed figures, as they hold for new jobs.
pub(super) fn rules(figures: &MarketFigures) -> Value {
	let rules = &figures.rules;
	let open = (0u8..).zip(Region::NAMES).map(|(number, _)| Region(number));
	let open = open.filter(|region| region.is_in(rules.regions));
	object([
		("acceptTicks", rules.accept_ticks.into()),
		("bytesPerAcceptTick", decimal(rules.bytes_per_accept_tick)),
		("runSlack", rules.run_slack.into()),
		("runMax", rules.run_max.into()),
		("window", rules.window.into()),
		("windowMin", rules.window_min.into()),
		("windowMax", rules.window_max.into()),
		("expiryMax", rules.expiry_max.into()),
		("askLifeMin", rules.ask_life_min.into()),
		("rejectPause", rules.reject_pause.into()),
		("noShowBase", rules.no_show_base.into()),
		("noShowCap", rules.no_show_cap.into()),
		("feeEra", rules.fee_era.into()),
		("jobFee", decimal(rules.job_fee)),
		("minJob", decimal(rules.min_job)),
		("protocolFeePerBillion", rules.protocol_fee.deconstruct().into()),
		("feeBurnPerBillion", rules.fee_burn.deconstruct().into()),
		("lateSharePerBillion", rules.late_share.deconstruct().into()),
		("lateFees", rules.late_fees.into()),
		("inputsMax", decimal(rules.inputs_max)),
		("outputMax", decimal(rules.output_max)),
		("bookOutputMax", decimal(rules.book_output_max)),
		("demandTicks", rules.demand_ticks.into()),
		("lapseRetry", rules.lapse_retry.into()),
		("lapseMax", rules.lapse_max.into()),
		("jobDeposit", decimal(rules.job_deposit)),
		("byteDeposit", decimal(rules.byte_deposit)),
		("regions", list(open, |region| region.0.into())),
		(
			"classes",
			list(DeviceClass::ALL.into_iter().zip(&figures.classes), class),
		),
	])
}

fn class((class, figures): (DeviceClass, &ClassFigures)) -> Value {
	object([
		("class", class_name(class).into()),
		("unitsPerTick", decimal(figures.units_per_tick)),
		("unitsPerByte", decimal(figures.units_per_byte)),
		("floor", decimal(figures.floor)),
	])
}
