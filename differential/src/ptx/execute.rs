//! Runs the threads of a launch, one after another.

use super::{
	error::{Error, Fault},
	memory::{load_constant, Global, Local, Variable},
	operation::{Address, Condition, Entry, Operation, Relation, Slot, Transfer},
	space::Space,
	types::{extend, mask},
};

/// Most instructions of a thread, predicated-off ones included.
pub(super) const MOST_INSTRUCTIONS: u64 = 50_000_000;

/// What runs the threads of one launch.
pub(super) struct Machine<'a> {
	entry: &'a Entry,
	parameters: &'a [u8],
	global: Global<'a>,
	constants: &'a [Variable],
	local: Local,
	/// The values of all slots, with zeros above a slot's width.
	values: Vec<u64>,
	/// A bit for each slot: whether the thread wrote it.
	known: Vec<u64>,
	/// What a thread knows at its start: special registers and constants.
	known_at_start: Vec<u64>,
	carry: Option<bool>,
	thread: u32,
}

/// Where a thread goes on.
enum Next {
	Following,
	To(u32),
	Nowhere,
}

impl<'a> Machine<'a> {
	/// For a launch.
	pub(super) fn new(
		entry: &'a Entry,
		parameters: &'a [u8],
		global: Global<'a>,
		constants: &'a [Variable],
	) -> Machine<'a> {
		let slots = entry.names.len();
		let mut machine = Machine {
			entry,
			parameters,
			global,
			constants,
			local: Local::new(&entry.locals),
			values: vec![0; slots],
			known: vec![0; slots.div_ceil(64)],
			known_at_start: Vec::new(),
			carry: None,
			thread: 0,
		};
		for (slot, value) in &entry.constants {
			machine.set(*slot, *value);
		}
		machine.set_special([0; 4]);
		machine.known_at_start = machine.known.clone();
		machine
	}

	/// Runs one thread to its end. `special` are its special registers. Gives the number of its instructions.
	pub(super) fn run(&mut self, thread: u32, special: [u32; 4]) -> Result<u64, Error> {
		self.thread = thread;
		self.known.copy_from_slice(&self.known_at_start);
		self.set_special(special);
		self.carry = None;
		self.local.forget();

		let entry = self.entry;
		let mut at = 0;
		let mut executed = 0;
		loop {
			let Some(instruction) = entry.code.get(at) else {
				return Err(Error::Fault {
					line: entry.end,
					thread,
					fault: Fault::EndOfBody,
				});
			};
			let fail = |fault| Error::Fault {
				line: instruction.line,
				thread,
				fault,
			};
			executed += 1;
			if executed > MOST_INSTRUCTIONS {
				return Err(fail(Fault::Endless {
					bound: MOST_INSTRUCTIONS,
				}));
			}
			at += 1;
			if let Some(guard) = instruction.guard {
				if !self.holds(guard).map_err(fail)? {
					continue;
				}
			}
			match self.execute(&instruction.operation).map_err(fail)? {
				Next::Following => {}
				Next::To(target) => at = target as usize,
				Next::Nowhere => return Ok(executed),
			}
		}
	}

	fn execute(&mut self, operation: &Operation) -> Result<Next, Fault> {
		match *operation {
			Operation::Move { to, from } => {
				let value = self.get(from)?;
				self.set(to, value);
			}
			Operation::Unary {
				function,
				to,
				from: [a],
			} => {
				let value = function(self.get(a)?);
				self.set(to, value);
			}
			Operation::Binary {
				function,
				to,
				from: [a, b],
			} => {
				let value = function(self.get(a)?, self.get(b)?);
				self.set(to, value);
			}
			Operation::Ternary {
				function,
				to,
				from: [a, b, c],
			} => {
				let value = function(self.get(a)?, self.get(b)?, self.get(c)?);
				self.set(to, value);
			}
			Operation::Field {
				function,
				to,
				from: [a, b, position, length],
			} => {
				let value = function(self.get(a)?, self.get(b)?, self.get(position)?, self.get(length)?)?;
				self.set(to, value);
			}
			Operation::Divide {
				function,
				to,
				from: [a, b],
			} => {
				let value = function(self.get(a)?, self.get(b)?)?;
				self.set(to, value);
			}
			Operation::Carry {
				function,
				to,
				from: [a, b, c],
				reads,
				writes,
			} => {
				let carry = if reads {
					self.carry.ok_or(Fault::UninitialisedCarry)?
				} else {
					false
				};
				let (value, carry) = function(self.get(a)?, self.get(b)?, self.get(c)?, carry);
				self.set(to, value);
				if writes {
					self.carry = Some(carry);
				}
			}
			Operation::Lop3 {
				table,
				to,
				from: [a, b, c],
			} => {
				let value = super::bits::lop3(self.get(a)?, self.get(b)?, self.get(c)?, table);
				self.set(to, value);
			}
			Operation::Convert {
				to,
				from,
				from_width,
				to_width,
				register_bits,
			} => {
				let value = extend(self.get(from)?, from_width.bits, from_width.signed);
				let value = extend(value, to_width.bits, to_width.signed);
				self.set(to, value & mask(register_bits));
			}
			Operation::Pack { to, from, count, bits } => {
				let mut value = 0_u64;
				for slot in from[..count].iter().rev() {
					value = (value << bits) | self.get(*slot)?;
				}
				self.set(to, value);
			}
			Operation::Unpack { to, from, bits } => {
				let mut value = self.get(from)?;
				for slot in to {
					if let Some(slot) = slot {
						self.set(slot, value & mask(bits));
					}
					value >>= bits;
				}
			}
			Operation::Test { relation, to: [p, q] } => {
				let (holds, opposite) = self.relation(&relation)?;
				if let Some(p) = p {
					self.set(p, u64::from(holds));
				}
				if let Some(q) = q {
					self.set(q, u64::from(opposite));
				}
			}
			Operation::Set { relation, to } => {
				let (holds, _) = self.relation(&relation)?;
				self.set(to, if holds { mask(32) } else { 0 });
			}
			Operation::Select {
				to,
				from: [a, b],
				condition,
			} => {
				let (a, b) = (self.get(a)?, self.get(b)?);
				let value = if self.holds(condition)? { a } else { b };
				self.set(to, value);
			}
			Operation::Truth { to, from } => {
				let value = self.holds(from)?;
				self.set(to, u64::from(value));
			}
			Operation::Logic {
				combine,
				to,
				from: [a, b],
			} => {
				let value = combine.apply(self.holds(a)?, self.holds(b)?);
				self.set(to, u64::from(value));
			}
			Operation::Load {
				transfer,
				address,
				cached,
			} => self.load(&transfer, &address, cached)?,
			Operation::Parameter { transfer, offset } => {
				let mut bytes = [0; 16];
				let width = transfer.bytes();
				bytes[..width].copy_from_slice(&self.parameters[offset..offset + width]);
				self.receive(&transfer, &bytes);
			}
			Operation::Store { transfer, address } => self.store(&transfer, &address)?,
			Operation::Branch { to } => return Ok(Next::To(to)),
			Operation::End => return Ok(Next::Nowhere),
			Operation::Trap => return Err(Fault::Trap),
		}
		Ok(Next::Following)
	}

	/// What a relation gives, and what it gives with the opposite of its comparison.
	fn relation(&self, relation: &Relation) -> Result<(bool, bool), Fault> {
		let compared = (relation.function)(self.get(relation.a)?, self.get(relation.b)?);
		match relation.combine {
			None => Ok((compared, !compared)),
			Some((combine, with)) => {
				let with = self.holds(with)?;
				Ok((combine.apply(compared, with), combine.apply(!compared, with)))
			}
		}
	}

	fn load(&mut self, transfer: &Transfer, address: &Address, cached: bool) -> Result<(), Fault> {
		let mut bytes = [0; 16];
		let to = &mut bytes[..transfer.bytes()];
		let at = self.address(address)?;
		match address.space {
			Space::Global => self.global.load(at, to, cached, self.thread)?,
			Space::Constant => load_constant(self.constants, at, to)?,
			Space::Local => self.local.load(at, to)?,
		}
		self.receive(transfer, &bytes);
		Ok(())
	}

	fn store(&mut self, transfer: &Transfer, address: &Address) -> Result<(), Fault> {
		let mut bytes = [0; 16];
		let width = transfer.element_bytes();
		for (element, slot) in bytes.chunks_exact_mut(width).zip(&transfer.registers[..transfer.count]) {
			element.copy_from_slice(&self.get(*slot)?.to_le_bytes()[..width]);
		}
		let from = &bytes[..transfer.bytes()];
		let at = self.address(address)?;
		match address.space {
			Space::Global => self.global.store(at, from, self.thread),
			Space::Local => self.local.store(at, from),
			// Nothing decodes to such a store.
			Space::Constant => Err(Fault::Unmapped {
				space: "writable",
				address: at,
				width: from.len() as u32,
			}),
		}
	}

	fn address(&self, address: &Address) -> Result<u64, Fault> {
		Ok(self.get(address.base)?.wrapping_add_signed(i64::from(address.offset)))
	}

	/// Writes loaded bytes to registers.
	fn receive(&mut self, transfer: &Transfer, bytes: &[u8; 16]) {
		let width = transfer.element_bytes();
		for (element, slot) in bytes.chunks_exact(width).zip(&transfer.registers[..transfer.count]) {
			let mut value = [0; 8];
			value[..width].copy_from_slice(element);
			let value = extend(
				u64::from_le_bytes(value),
				transfer.element.bits,
				transfer.element.signed,
			);
			self.set(*slot, value & mask(transfer.register_bits));
		}
	}

	fn holds(&self, condition: Condition) -> Result<bool, Fault> {
		Ok((self.get(condition.predicate)? != 0) != condition.negated)
	}

	#[inline]
	fn get(&self, slot: Slot) -> Result<u64, Fault> {
		let slot = slot as usize;
		if (self.known[slot / 64] >> (slot % 64)) & 1 == 0 {
			return Err(self.uninitialised(slot));
		}
		Ok(self.values[slot])
	}

	#[cold]
	fn uninitialised(&self, slot: usize) -> Fault {
		Fault::Uninitialised {
			register: self.entry.names[slot].clone(),
		}
	}

	#[inline]
	fn set(&mut self, slot: Slot, value: u64) {
		let slot = slot as usize;
		self.values[slot] = value;
		self.known[slot / 64] |= 1 << (slot % 64);
	}

	fn set_special(&mut self, values: [u32; 4]) {
		for (slot, value) in (0..).zip(values) {
			self.set(slot, u64::from(value));
		}
	}
}
