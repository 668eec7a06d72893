//! `millrace account`.

use super::{arguments::AccountCommand, print::pairs, Session};
use crate::{
	amount,
	chain::Call,
	exit::{Code, Failure},
};
use serde_json::json;

pub(super) async fn run(session: &Session<'_>, command: AccountCommand) -> Result<(), Failure> {
	match command {
		AccountCommand::Balance { address } => {
			let account = match address {
				Some(account) => account,
				None => session.key()?.account(),
			};
			let at = session.chain().await?.finalised().await?;
			let balance = at.balance(account).await?;
			let spendable = balance.spendable(at.existential_deposit()?);
			let object = json!({
				"account": account.to_string(),
				"free": balance.free.to_string(),
				"held": balance.held.to_string(),
				"total": balance.total().to_string(),
				"spendable": spendable.to_string(),
				"block": at.block().number,
			});
			session.printer.show(&object, || {
				pairs([
					("account", account.to_string()),
					("free", amount::print(balance.free)),
					("held", amount::print(balance.held)),
					("total", amount::print(balance.total())),
					("spendable", amount::print(spendable)),
				])
			});
			Ok(())
		}
		AccountCommand::Transfer { to, amount } => {
			let key = session.key()?;
			let chain = session.chain().await?;
			let at = chain.finalised().await?;
			let call = Call::Transfer { to, amount };
			let fee = chain.estimate_fee(&at, &call, key.pair()).await?;
			let has = at.balance(key.account()).await?.spendable(at.existential_deposit()?);
			if has < amount.saturating_add(fee) {
				return Err(Failure::new(
					Code::Funds,
					format!(
						"{} can spend {}, and the payment with its fee takes {}",
						key.account(),
						amount::print(has),
						amount::print(amount.saturating_add(fee))
					),
					"pay less, or send money to the account first",
				));
			}
			let included = chain.call_final(&call, key.pair()).await?;
			let object = json!({
				"from": key.account().to_string(),
				"to": to.to_string(),
				"amount": amount.to_string(),
				"fee": included.fee.to_string(),
				"block": included.block.number,
			});
			session.printer.show(&object, || {
				pairs([
					("paid", amount::print(amount)),
					("to", to.to_string()),
					("transaction fee", amount::print(included.fee)),
					("final in block", included.block.number.to_string()),
				])
			});
			Ok(())
		}
	}
}
