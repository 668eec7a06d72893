//! What the benchmarks measure. The runtime's own file, generated from them, implements this.

use polkadot_sdk::frame_support::weights::Weight;

/// Weights of the calls and of the parts of the hooks, each at its worst.
pub trait WeightInfo {
	/// Placing an ask that takes as many bids as one call may.
	fn place_ask() -> Weight;
	/// Withdrawing an ask from the middle of a queue.
	fn withdraw_ask() -> Weight;
	/// Submitting a job to a book in which an older bid goes first.
	fn submit_job() -> Weight;
	/// Cancelling an assigned job whose provider then takes another.
	fn cancel_job() -> Weight;
	/// Accepting.
	fn accept_job() -> Weight;
	/// Rejecting a job that is assigned again at once.
	fn reject_job() -> Weight;
	/// Committing from an assignment, with parked asks that come back and take another job.
	fn commit_result() -> Weight;
	/// Abandoning a job that is assigned again at once, with parked asks that come back and take another.
	fn abandon_job() -> Weight;
	/// Settling before the window is over.
	fn settle_now() -> Weight;
	/// Settling after the window.
	fn settle() -> Weight;
	/// Doing the dearest thing that may be due.
	fn touch() -> Weight;
	/// Halting.
	fn set_halted() -> Weight;
	/// The clock, and looking whether an era of fees is over.
	fn on_poll() -> Weight;
	/// Noting whether the block was busy.
	fn on_finalize() -> Weight;
	/// Filing an era of a pool, and looking for the next pool.
	fn close_pool() -> Weight;
	/// Telling the rewards what an era brought.
	fn close_era() -> Weight;
	/// One tick of the deadlines, without its entries.
	fn serve_tick() -> Weight;
	/// One entry of the deadlines: a late job that is assigned again, whose provider takes another.
	fn serve_deadline() -> Weight;
	/// Of the hook or `touch`, for an assignment without a word that is one too many in a row, as [`Self::serve_deadline`].
	fn serve_no_show() -> Weight;
	/// An entry whose job is not due yet.
	fn serve_moved() -> Weight;
	/// A result whose window is over, paid with no more than its payment to look at.
	fn serve_lapsed() -> Weight;
	/// A bid that nobody took.
	fn serve_expired() -> Weight;
	/// One entry of the wakes.
	fn serve_wake() -> Weight;
	/// Refuting with so many units evaluated, and no chunk opened.
	fn refute_units(units: u32) -> Weight;
	/// Refuting with so many chunks opened, each with its share of the longest way up, and few units evaluated.
	fn refute_chunks(chunks: u32) -> Weight;
	/// Refuting with both. Measured apart, because next to the units the chunks are lost in the noise.
	fn refute(units: u32, chunks: u32) -> Weight {
		let opening = Self::refute_chunks(chunks).saturating_sub(Self::refute_chunks(0));
		Self::refute_units(units).saturating_add(opening)
	}
	/// Demanding as many leaves as one call may, behind another demand.
	fn demand() -> Weight;
	/// Bringing so many leaves, the last that were missing, with demands that move up.
	fn provide(leaves: u32) -> Weight;
	/// Touching a job whose demand was not answered, with demands that move up.
	fn touch_silent() -> Weight;
	/// One entry of the deadlines: a demand that was not answered, with demands that move up.
	fn serve_silence() -> Weight;
	/// A submission that is matched and moves no other order.
	fn submit_job_matched() -> Weight;
	/// A submission that waits in the book.
	fn submit_job_queued() -> Weight;
	/// `count` submissions that are matched and move no other order.
	fn submit_jobs_matched(count: u32) -> Weight;
	/// An acceptance by a worker that owes no answer.
	fn accept_job_only() -> Weight;
	/// A commitment that moves no order, by a worker that owes no answer.
	fn commit_result_only() -> Weight;
	/// Ending a job of which nobody is paid.
	fn refuse_delivery() -> Weight;
	/// `settle_now` where only its payment is due.
	fn settle_now_only() -> Weight;
	/// A settlement of which the payout account gets all.
	fn settle_only() -> Weight;
	/// `count` such settlements.
	fn settle_jobs_only(count: u32) -> Weight;
	/// [`Pallet::reprice_ask`](crate::Pallet::reprice_ask)
	fn reprice_ask() -> Weight;
	/// [`Pallet::reprice_job`](crate::Pallet::reprice_job)
	fn reprice_job() -> Weight;
}

/// Round figures for the tests of this pallet, no two alike.
#[cfg(test)]
impl WeightInfo for () {
	fn place_ask() -> Weight {
		Weight::from_parts(11_000, 0)
	}
	fn withdraw_ask() -> Weight {
		Weight::from_parts(12_000, 0)
	}
	fn submit_job() -> Weight {
		Weight::from_parts(13_000, 0)
	}
	fn cancel_job() -> Weight {
		Weight::from_parts(14_000, 0)
	}
	fn accept_job() -> Weight {
		Weight::from_parts(15_000, 0)
	}
	fn reject_job() -> Weight {
		Weight::from_parts(16_000, 0)
	}
	fn commit_result() -> Weight {
		Weight::from_parts(17_000, 0)
	}
	fn abandon_job() -> Weight {
		Weight::from_parts(18_000, 0)
	}
	fn settle_now() -> Weight {
		Weight::from_parts(19_000, 0)
	}
	fn settle() -> Weight {
		Weight::from_parts(20_000, 0)
	}
	fn touch() -> Weight {
		Weight::from_parts(21_000, 0)
	}
	fn set_halted() -> Weight {
		Weight::from_parts(22_000, 0)
	}
	fn on_poll() -> Weight {
		Weight::from_parts(1_000_000, 0)
	}
	fn on_finalize() -> Weight {
		Weight::from_parts(2_000, 0)
	}
	fn close_pool() -> Weight {
		Weight::from_parts(3_000_000, 0)
	}
	fn close_era() -> Weight {
		Weight::from_parts(5_000_000, 0)
	}
	fn serve_tick() -> Weight {
		Weight::from_parts(4_000_000, 0)
	}
	fn serve_deadline() -> Weight {
		Weight::from_parts(150_000_000, 0)
	}
	fn serve_no_show() -> Weight {
		Weight::from_parts(150_000_000, 0)
	}
	fn serve_moved() -> Weight {
		Weight::from_parts(20_000_000, 0)
	}
	fn serve_lapsed() -> Weight {
		Weight::from_parts(60_000_000, 0)
	}
	fn serve_expired() -> Weight {
		Weight::from_parts(150_000_000, 0)
	}
	fn serve_wake() -> Weight {
		Weight::from_parts(90_000_000, 0)
	}
	fn refute_units(units: u32) -> Weight {
		Weight::from_parts(50_000 + 10 * u64::from(units), 0)
	}
	fn refute_chunks(chunks: u32) -> Weight {
		Weight::from_parts(60_000 + 7_000 * u64::from(chunks), 0)
	}
	fn demand() -> Weight {
		Weight::from_parts(23_000, 0)
	}
	fn provide(leaves: u32) -> Weight {
		Weight::from_parts(24_000 + 500 * u64::from(leaves), 0)
	}
	fn touch_silent() -> Weight {
		Weight::from_parts(25_000, 0)
	}
	fn serve_silence() -> Weight {
		Weight::from_parts(140_000_000, 0)
	}
	fn submit_job_matched() -> Weight {
		Weight::from_parts(90_000_000, 0)
	}
	fn submit_job_queued() -> Weight {
		Weight::from_parts(91_000_000, 0)
	}
	fn submit_jobs_matched(count: u32) -> Weight {
		Weight::from_parts(90_000_000, 0).saturating_mul(count.into())
	}
	fn accept_job_only() -> Weight {
		Weight::from_parts(60_000_000, 0)
	}
	fn commit_result_only() -> Weight {
		Weight::from_parts(60_000_000, 0)
	}
	fn refuse_delivery() -> Weight {
		Weight::from_parts(27_000, 0)
	}
	fn settle_now_only() -> Weight {
		Weight::from_parts(70_000_000, 0)
	}
	fn settle_only() -> Weight {
		Weight::from_parts(80_000_000, 0)
	}
	fn settle_jobs_only(count: u32) -> Weight {
		Weight::from_parts(80_000_000, 0).saturating_mul(count.into())
	}
	fn reprice_ask() -> Weight {
		Weight::from_parts(200_000_000, 0)
	}
	fn reprice_job() -> Weight {
		Weight::from_parts(200_000_000, 0)
	}
}
