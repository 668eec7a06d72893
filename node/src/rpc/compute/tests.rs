//! The methods over a chain that answers what a test has put there.

mod chain;
mod providers;
mod reads;
mod reasons;
mod refusals;
mod rewards;
mod rules;
pub(super) mod samples;
mod stats;
mod subscription;

use self::chain::Chain;
use super::{serve, Compute};
use frame_metadata::RuntimeMetadataPrefixed;
use jsonrpsee::RpcModule;
use millrace_runtime::Runtime;
use polkadot_sdk::sp_io::TestExternalities;
use serde_json::{json, Value};
use std::{sync::Arc, time::Duration};

/// What the runtime says of itself. Its constants are governed, so they are read from a state, here an empty one.
pub(super) fn metadata() -> RuntimeMetadataPrefixed {
	TestExternalities::default().execute_with(Runtime::metadata)
}

/// What answers the methods about a chain.
fn module(chain: &Arc<Chain>) -> RpcModule<Compute<Chain>> {
	serve(Compute::new(chain.clone(), Duration::from_millis(200))).expect("each name is there once")
}

/// Calls a method; the error is its code, its message and its data.
async fn call(chain: &Arc<Chain>, method: &str, params: Value) -> Result<Value, (i64, String, Value)> {
	let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
	let (answer, _) = module(chain).raw_json_request(&request, 1).await.expect("a request");
	let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
	if answer["error"].is_null() {
		return Ok(answer["result"].take());
	}
	let error = &answer["error"];
	let code = error["code"].as_i64().expect("an error has a code");
	let message = error["message"].as_str().expect("an error has a message").to_owned();
	Err((code, message, error["data"].clone()))
}

/// Calls a method that answers about the best block, and gives the value.
async fn value(chain: &Arc<Chain>, method: &str, params: Value) -> Value {
	let mut answer = call(chain, method, params).await.expect("it answers");
	assert_eq!(answer["at"], super::text::hash(chain.best()));
	answer["value"].take()
}
