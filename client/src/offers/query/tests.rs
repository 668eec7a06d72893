//! What queries read as, and what passes them.

use super::{super::fixture::listing, *};

fn passes(query: &str) -> bool {
	let mut listing = listing(7);
	listing.provider.running = 1;
	listing.provider.record.completed = 19;
	listing.provider.record.late = 1;
	query.parse::<Query>().unwrap().passes(&listing)
}

#[test]
fn every_field_can_be_asked_for() {
	for (passing, failing) in [
		("class=gpu-24g", "class=gpu-h"),
		("class!=cpu-4", "class!=gpu-24g"),
		("region=3", "region=any"),
		("provider=7", "provider!=7"),
		("price<=1000000", "price<1000000"),
		("price<=0.000001MILL", "price<=0.0000009MILL"),
		("price>=1_000_000", "price>1,000,000"),
		("lanes>=2", "lanes>2"),
		("free==1", "free>=2"),
		("stake>=10080MILL", "stake>=10081MILL"),
		("completed>=19", "completed>=20"),
		("failed<=5", "failed<5"),
		("failed<=5%", "failed<=4.9"),
	] {
		assert!(passes(passing), "{passing}");
		assert!(!passes(failing), "{failing}");
	}
}

#[test]
fn conditions_are_all_to_be_met_and_spaces_do_not_matter() {
	assert!(passes(""));
	assert!(passes("class=gpu-24g price<=1000000 lanes>=2"));
	assert!(!passes("class=gpu-24g price<=1000000 lanes>=3"));
	assert!(passes("  price <= 1_000_000   stake >= 10080 MILL  CLASS = gpu-24g "));
	assert!(passes("stake>=5000 planck free>=1"));
}

#[test]
fn a_slip_is_named_with_what_there_is() {
	for (query, part) in [
		("gpu=yes", "there are class, region, provider, price"),
		("price", "`price` is no condition"),
		("price 5", "`price` is no condition"),
		("price<=", "`price<=` is no condition"),
		("<=5", "`<=5` is no condition"),
		("class>=gpu-24g", "compared by = or !=, not by >="),
		("class=rtx", "write cpu-4, cpu-32"),
		("region=eu", "any, or a number from 0 to 255"),
		("region=256", "any, or a number from 0 to 255"),
		("price<=cheap", "planck for 2^30 units"),
		("failed<=101", "percent, 0 to 100"),
		("failed<=NaN", "percent, 0 to 100"),
		("lanes>=-1", "`-1` is no value for lanes"),
		("stake>=5DOT", "an amount"),
		("lanes>=2 and price<5", "`and` is no condition"),
	] {
		let error = query.parse::<Query>().unwrap_err().to_string();
		assert!(error.contains(part), "{query}: {error}");
	}
}

#[test]
fn the_chain_is_asked_for_no_more_than_needed_and_no_less() {
	let filter = |query: &str| query.parse::<Query>().unwrap().filter();
	assert_eq!(filter("lanes>=2 class!=cpu-4 price>=5"), OfferFilter::default());
	let all = filter("class=gpu-h region=3 provider=9 price<=50 price<70");
	assert_eq!((all.class, all.region), (Some(DeviceClass::GpuH), Some(3)));
	assert_eq!((all.provider, all.price_at_most), (Some(9), Some(Price(50))));
	assert!(!all.queued);
}
