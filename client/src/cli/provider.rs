//! `millrace provider`.

mod claim;
mod classes;
mod conviction;
mod devices;
mod earnings;
mod list;
mod outage;

use self::{
	conviction::{chilled_until, slash_object, slash_text, status_text},
	devices::devices_text,
	outage::{outage_object, outage_text},
};
use super::{
	arguments::{EndpointArguments, ProviderCommand, RegisterArguments, Switch},
	print::{grouped, pairs},
	Session,
};
use crate::{
	amount::{self, Balance},
	chain::{
		to_hex, AccountId, AskView, At, Call, Chain, Endpoint, Price, ProviderId, ProviderTerms, ProviderView, Status,
	},
	exit::{Code, Failure},
};
use serde_json::{json, Value};

/// What the chain moves to a worker at registration, for its fees.
const WORKER_FLOAT: Balance = amount::MILL;

pub(super) async fn run(session: &Session<'_>, command: ProviderCommand) -> Result<(), Failure> {
	let call = match command {
		ProviderCommand::Register(arguments) => return register(session, arguments).await,
		ProviderCommand::Show { provider } => return show(session, provider).await,
		ProviderCommand::List(arguments) => return list::run(session, arguments).await,
		ProviderCommand::Devices { provider } => return devices::run(session, provider).await,
		ProviderCommand::Classes => return classes::run(session).await,
		ProviderCommand::Earnings(arguments) => return earnings::run(session, arguments).await,
		ProviderCommand::Claim { provider, era } => return claim::run(session, provider, era).await,
		ProviderCommand::Preview { provider } => return outage::preview(session, provider).await,
		ProviderCommand::Touch { provider } => return outage::touch(session, provider).await,
		ProviderCommand::RemoveDevice { provider, slot } => Call::RemoveDevice { provider, slot },
		ProviderCommand::Bond { provider, amount } => Call::Bond { provider, amount },
		ProviderCommand::Unbond { provider, amount } => Call::Unbond { provider, amount },
		ProviderCommand::Rebond { provider, amount } => Call::Rebond { provider, amount },
		ProviderCommand::Refill { provider, switch } => Call::SetRefill {
			provider,
			refill: switch == Switch::On,
		},
		ProviderCommand::Withdraw { provider } => Call::WithdrawUnbonded { provider },
		ProviderCommand::SetWorker { provider, worker } => {
			let worker = match worker.as_str() {
				"none" => None,
				address => Some(address.parse::<AccountId>().map_err(|error| {
					Failure::usage(
						format!("`{address}` is no address: {error}"),
						"give an address, or `none` to revoke the key",
					)
				})?),
			};
			Call::SetWorker { provider, worker }
		}
		ProviderCommand::SetPayout { provider, payout } => Call::SetPayout { provider, payout },
		ProviderCommand::SetEndpoint { provider, endpoint } => Call::SetEndpoint {
			provider,
			endpoint: endpoint_of(endpoint),
		},
		ProviderCommand::SetTerms {
			provider,
			class,
			region,
			lanes,
			min_price,
			takes_targets,
		} => {
			let chain = session.chain().await?;
			let old = find(&chain.finalised().await?, provider).await?.terms;
			let terms = ProviderTerms {
				class: class.unwrap_or(old.class),
				region: region.unwrap_or(old.region),
				lanes: lanes.unwrap_or(old.lanes),
				min_price: min_price.unwrap_or(old.min_price),
				takes_targets: takes_targets.unwrap_or(old.takes_targets),
			};
			Call::SetTerms { provider, terms }
		}
		ProviderCommand::Drain { provider } => Call::Drain { provider },
		ProviderCommand::Resume { provider } => Call::Resume { provider },
		ProviderCommand::Deregister { provider } => Call::Deregister { provider },
		ProviderCommand::Reactivate { provider } => Call::Reactivate { provider },
	};
	let key = session.key()?;
	let chain = session.chain().await?;
	let included = chain.call_final(&call, key.pair()).await?;
	let object = json!({ "call": call.name(), "fee": included.fee.to_string(), "block": included.block.number });
	session.printer.show(&object, || {
		pairs([
			("done", call.name().replace('_', " ")),
			("transaction fee", amount::print(included.fee)),
			("final in block", included.block.number.to_string()),
		])
	});
	Ok(())
}

fn endpoint_of(arguments: EndpointArguments) -> Endpoint {
	Endpoint {
		host: arguments.host,
		port: arguments.port,
		tls_key: arguments.tls_key,
	}
}

async fn register(session: &Session<'_>, arguments: RegisterArguments) -> Result<(), Failure> {
	let key = session.key()?;
	let chain = session.chain().await?;
	let call = Call::RegisterProvider {
		worker: arguments.worker,
		payout: arguments.payout,
		endpoint: endpoint_of(arguments.endpoint),
		terms: ProviderTerms {
			class: arguments.class,
			region: arguments.region,
			lanes: arguments.lanes,
			min_price: arguments.min_price,
			takes_targets: arguments.takes_targets,
		},
		bond: arguments.bond,
	};
	check_money(&chain, &call, &arguments.bond, session).await?;
	let included = chain.call_final(&call, key.pair()).await?;
	let provider = included.provider;
	let object = json!({
		"provider": provider,
		"owner": key.account().to_string(),
		"bond": arguments.bond.to_string(),
		"fee": included.fee.to_string(),
		"block": included.block.number,
	});
	session.printer.show(&object, || {
		pairs([
			(
				"provider",
				provider.map_or_else(|| "unknown".to_owned(), |id| id.to_string()),
			),
			("owner", key.account().to_string()),
			("stake", amount::print(arguments.bond)),
			("transaction fee", amount::print(included.fee)),
			("final in block", included.block.number.to_string()),
		])
	});
	Ok(())
}

/// The stake, the worker's float and the fee must be there, and the stake must be enough for the lanes.
async fn check_money(chain: &Chain, call: &Call, bond: &Balance, session: &Session<'_>) -> Result<(), Failure> {
	let key = session.key()?;
	let at = chain.finalised().await?;
	if let Call::RegisterProvider { terms, .. } = call {
		if let Some(figures) = at.class(terms.class)? {
			let needs = figures.floor.saturating_mul(Balance::from(terms.lanes));
			if *bond < needs {
				return Err(Failure::new(
					Code::Funds,
					format!(
						"a stake of {} is too low: {} is needed, {} for each lane of class {}",
						amount::print(*bond),
						amount::print(needs),
						amount::print(figures.floor),
						terms.class
					),
					"raise --bond or lower --lanes; nothing was paid",
				));
			}
		}
	}
	let fee = chain.estimate_fee(&at, call, key.pair()).await?;
	let needs = bond.saturating_add(WORKER_FLOAT).saturating_add(fee);
	let has = at.balance(key.account()).await?.spendable(at.existential_deposit()?);
	if has < needs {
		return Err(Failure::new(
			Code::Funds,
			format!(
				"{} can spend {}, and stake, the worker's float and the fee take {}",
				key.account(),
				amount::print(has),
				amount::print(needs)
			),
			"send money to the owner's account; nothing was paid",
		));
	}
	Ok(())
}

async fn find(at: &At, provider: ProviderId) -> Result<ProviderView, Failure> {
	at.provider(provider).await?.ok_or_else(|| {
		Failure::new(
			Code::Config,
			format!("there is no provider {provider}"),
			"`millrace provider list` shows all",
		)
	})
}

fn object(provider: &ProviderView, asks: &[AskView]) -> Value {
	let unbonding: Vec<Value> = provider
		.unbonding
		.iter()
		.map(|part| json!({ "amount": part.amount.to_string(), "release_tick": part.release }))
		.collect();
	let asks: Vec<Value> = asks
		.iter()
		.map(|ask| json!({ "slot": ask.slot, "level": ask.level, "price": ask.level.price() }))
		.collect();
	json!({
		"provider": provider.id,
		"owner": provider.owner.to_string(),
		"worker": provider.worker.map(|worker| worker.to_string()),
		"payout": provider.payout.to_string(),
		"host": provider.endpoint.host,
		"port": provider.endpoint.port,
		"tls_key": to_hex(&provider.endpoint.tls_key.0),
		"class": provider.terms.class.name(),
		"region": provider.terms.region,
		"lanes": provider.terms.lanes,
		"min_price": provider.terms.min_price,
		"takes_targets": provider.terms.takes_targets,
		"status": provider.status,
		"chilled_until_tick": chilled_until(provider),
		"fraud_clock_tick": provider.fraud_clock,
		"outage_tick": provider.outage,
		"returned_tick": provider.returned,
		"drains_on_return": matches!(provider.status, Status::Unreachable { draining: true }),
		"no_shows_in_a_row": provider.no_shows,
		"refill": provider.refill,
		"devices": provider.devices,
		"measured": provider.measured,
		"measuring": provider.measuring,
		"assigned": provider.assigned,
		"running": provider.running,
		"committed": provider.committed,
		"stake": provider.active.to_string(),
		"unbonding": unbonding,
		"set_aside": provider.set_aside.to_string(),
		"asks": asks,
		"record": {
			"completed": provider.record.completed,
			"late": provider.record.late,
			"no_show": provider.record.no_show,
			"abandoned": provider.record.abandoned,
			"refuted": provider.record.refuted,
			"silent": provider.record.silent,
			"inputs_missing": provider.record.inputs_missing,
			"outages": provider.record.outages,
			"unreachable_ticks": provider.record.unreachable,
			"paid": provider.record.paid.to_string(),
		},
	})
}

async fn show(session: &Session<'_>, id: ProviderId) -> Result<(), Failure> {
	let at = session.chain().await?.finalised().await?;
	let provider = find(&at, id).await?;
	let asks = at.asks(id).await?;
	let slashes = at.slashes(id).await?;
	let outages = at.outages(id).await?;
	let now = at.tick().await?;
	let mut shown = object(&provider, &asks);
	if let Some(shown) = shown.as_object_mut() {
		shown.insert("slashes".to_owned(), slashes.iter().map(slash_object).collect());
		let outages = outages.iter().map(|outage| outage_object(outage, now));
		shown.insert("outages".to_owned(), outages.collect());
	}
	session.printer.show(&shown, || {
		let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
		let mut rows = vec![
			("provider", provider.id.to_string()),
			("owner", provider.owner.to_string()),
			(
				"worker",
				provider
					.worker
					.map_or_else(|| "none".to_owned(), |worker| worker.to_string()),
			),
			("payout", provider.payout.to_string()),
			(
				"endpoint",
				format!("{}:{}", provider.endpoint.host, provider.endpoint.port),
			),
			("TLS key", to_hex(&provider.endpoint.tls_key.0)),
			("pool (as its owner says)", pool(&provider)),
			("lanes", provider.terms.lanes.to_string()),
			("devices", devices_text(&provider)),
			("least price", provider.terms.min_price.to_string()),
			("may be named by jobs", yes(provider.terms.takes_targets)),
			("status", status_text(&provider)),
			(
				"jobs",
				format!(
					"{} assigned, {} running, {} committed",
					provider.assigned, provider.running, provider.committed
				),
			),
			("stake", amount::print(provider.active)),
			("earnings refill it", yes(provider.refill)),
			("asks", asks_text(&asks)),
			("completed", grouped(provider.record.completed)),
			("late, no-show, abandoned, refuted, silent", failures(&provider)),
			("outages", outage::record_text(&provider.record)),
			("paid, before the protocol fee", amount::print(provider.record.paid)),
		];
		for part in &provider.unbonding {
			rows.push((
				"unbonding",
				format!("{} at tick {}", amount::print(part.amount), part.release),
			));
		}
		rows.extend(outages.iter().map(|outage| ("outage", outage_text(outage, now))));
		rows.extend(slashes.iter().map(|slash| ("slash", slash_text(slash))));
		pairs(rows)
	});
	Ok(())
}

fn pool(provider: &ProviderView) -> String {
	crate::chain::Pool {
		class: provider.terms.class,
		region: provider.terms.region,
	}
	.to_string()
}

fn asks_text(asks: &[AskView]) -> String {
	if asks.is_empty() {
		return "none".to_owned();
	}
	let prices: Vec<String> = asks
		.iter()
		.map(|ask| {
			let Price(planck) = ask.level.price();
			grouped(planck)
		})
		.collect();
	prices.join(", ")
}

fn failures(provider: &ProviderView) -> String {
	let record = &provider.record;
	format!(
		"{}, {}, {}, {}, {}",
		record.late, record.no_show, record.abandoned, record.refuted, record.silent
	)
}
