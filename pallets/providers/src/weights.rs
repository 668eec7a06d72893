//! What the calls weigh. The figures are generated for the runtime that contains this pallet.

use polkadot_sdk::frame_support::weights::Weight;

/// The weight of each call and of the parts of the hooks.
pub trait WeightInfo {
	/// Of `register`.
	fn register() -> Weight;
	/// Of `bond`.
	fn bond() -> Weight;
	/// Of `unbond`.
	fn unbond() -> Weight;
	/// Of `withdraw_unbonded`, with every part due and the record removed.
	fn withdraw_unbonded() -> Weight;
	/// Of `set_worker` with a new key.
	fn set_worker() -> Weight;
	/// Of `set_worker` without a key, with every ask leaving.
	fn revoke_worker() -> Weight;
	/// Of `set_payout`.
	fn set_payout() -> Weight;
	/// Of `set_endpoint`.
	fn set_endpoint() -> Weight;
	/// Of `set_terms`, with every ask leaving.
	fn set_terms() -> Weight;
	/// Of `drain`, with every ask leaving.
	fn drain() -> Weight;
	/// Of `resume`.
	fn resume() -> Weight;
	/// Of `deregister`.
	fn deregister() -> Weight;
	/// Of `reactivate`.
	fn reactivate() -> Weight;
	/// Of `cancel_slash`, for fraud.
	fn cancel_slash() -> Weight;
	/// Of `pay_slash`, with both shares.
	fn pay_slash() -> Weight;
	/// Of the hook where no slash waits.
	fn on_poll() -> Weight;
	/// Of `heartbeat`.
	fn heartbeat() -> Weight;
	/// Of `rebond`, of every part.
	fn rebond() -> Weight;
	/// Of `set_refill`.
	fn set_refill() -> Weight;
	/// Of the hook, to sample `n` providers.
	fn draw_samples(n: u32) -> Weight;
	/// Of the hook, to look through the samples of a tick that were all answered.
	fn serve_samples() -> Weight;
	/// Of the hook, to make a provider unreachable, with every ask leaving.
	fn miss() -> Weight;
	/// Of the hook, to look for outages of a tick where there are none.
	fn serve_tick() -> Weight;
	/// Of the hook or `touch`, to look at an outage, take what it costs, and chill, with every ask leaving.
	fn check_outage() -> Weight;
	/// Of `enrol_device` for a place that has another one, which was measured, with every ask leaving.
	fn enrol_device() -> Weight;
	/// Of `remove_device`, with every ask leaving.
	fn remove_device() -> Weight;
	/// Of the hook, to begin the measurement of a device that was enrolled.
	fn serve_request() -> Weight;
	/// Of the hook, to draw a provider that is idle, and to begin the measurement of one of all the devices that it can have.
	fn draw_idle() -> Weight;
	/// Of rewriting a record of the storage version before.
	fn migrate_step() -> Weight;
}

/// Tests of this pallet fill no blocks.
#[cfg(test)]
impl WeightInfo for () {
	fn register() -> Weight {
		Weight::zero()
	}
	fn bond() -> Weight {
		Weight::zero()
	}
	fn unbond() -> Weight {
		Weight::zero()
	}
	fn withdraw_unbonded() -> Weight {
		Weight::zero()
	}
	fn set_worker() -> Weight {
		Weight::zero()
	}
	fn revoke_worker() -> Weight {
		Weight::zero()
	}
	fn set_payout() -> Weight {
		Weight::zero()
	}
	fn set_endpoint() -> Weight {
		Weight::zero()
	}
	fn set_terms() -> Weight {
		Weight::zero()
	}
	fn drain() -> Weight {
		Weight::zero()
	}
	fn resume() -> Weight {
		Weight::zero()
	}
	fn deregister() -> Weight {
		Weight::zero()
	}
	fn reactivate() -> Weight {
		Weight::zero()
	}
	fn cancel_slash() -> Weight {
		Weight::zero()
	}
	fn pay_slash() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn on_poll() -> Weight {
		Weight::zero()
	}
	fn heartbeat() -> Weight {
		Weight::zero()
	}
	fn rebond() -> Weight {
		Weight::zero()
	}
	fn set_refill() -> Weight {
		Weight::zero()
	}
	fn draw_samples(_: u32) -> Weight {
		Weight::zero()
	}
	fn serve_samples() -> Weight {
		Weight::zero()
	}
	fn miss() -> Weight {
		Weight::zero()
	}
	fn serve_tick() -> Weight {
		Weight::zero()
	}
	fn enrol_device() -> Weight {
		Weight::zero()
	}
	fn remove_device() -> Weight {
		Weight::zero()
	}
	fn serve_request() -> Weight {
		Weight::zero()
	}
	fn draw_idle() -> Weight {
		Weight::zero()
	}
	fn check_outage() -> Weight {
		Weight::zero()
	}
	fn migrate_step() -> Weight {
		Weight::from_parts(2_000, 0)
	}
}
