//! A server over real TLS on this machine, with a table in place of the chain, and a client for it.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
	client::conn::http1::handshake,
	header::{HeaderMap, HOST},
	Method, Request, StatusCode,
};
use hyper_util::rt::TokioIo;
use millrace_client::{
	chain::{InputRef, JobId, H256},
	endpoint::{auth, pin},
	keys::Key,
};
use millrace_kernel::tree::{input_leaf, input_root, Blake2b};
use millrace_worker::{
	endpoint::{
		limits::{Caps, Limits},
		routes::{router, Shared},
		server::serve,
		tls::TlsIdentity,
		JobSource, Phase, ServedJob,
	},
	store::{JobFiles, Store},
	tree::{OutputShape, Trees},
};
use rustls::pki_types::ServerName;
use std::{
	collections::HashMap,
	net::SocketAddr,
	sync::{
		atomic::{AtomicU32, Ordering},
		Arc, Mutex,
	},
};
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

pub(crate) const GENESIS: [u8; 32] = [1; 32];
pub(crate) const PROVIDER: u32 = 7;
pub(crate) const JOB: JobId = JobId([0xaa; 32]);
pub(crate) const CHUNK: usize = 1_024;
/// 61 leaves of 12 bytes, and one of 4.
pub(crate) const OUTPUT: OutputShape = OutputShape {
	items: 184,
	item_size: 4,
	items_per_leaf: 3,
};
/// Leaves of that shape.
pub(crate) const LEAVES: usize = 62;
/// Bytes of its output.
pub(crate) const OUTPUT_BYTES: usize = 184 * 4;
/// Bytes of its bundle.
const BUNDLE: u64 = (OUTPUT_BYTES + LEAVES * 12) as u64;

/// Jobs as a table.
#[derive(Default)]
pub(crate) struct Table {
	pub(crate) jobs: Mutex<HashMap<JobId, ServedJob>>,
	pub(crate) arrived: AtomicU32,
}

impl JobSource for Table {
	fn job(&self, id: &JobId) -> Option<ServedJob> {
		self.jobs.lock().unwrap().get(id).cloned()
	}

	fn arrived(&self, _: &JobId) {
		self.arrived.fetch_add(1, Ordering::Relaxed);
	}
}

pub(crate) struct Fixture {
	_state: tempfile::TempDir,
	pub(crate) table: Arc<Table>,
	pub(crate) files: Arc<JobFiles>,
	pub(crate) data_key: Key,
	pub(crate) input: Vec<u8>,
	pub(crate) address: SocketAddr,
	pub(crate) tls_key: H256,
	pub(crate) stop: CancellationToken,
}

impl Drop for Fixture {
	fn drop(&mut self) {
		self.stop.cancel();
	}
}

pub(crate) struct Answer {
	pub(crate) status: StatusCode,
	pub(crate) headers: HeaderMap,
	pub(crate) body: Bytes,
}

impl Answer {
	/// The code of a refusal.
	pub(crate) fn code(&self) -> String {
		let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
		assert!(!json["message"].as_str().unwrap().is_empty() && !json["hint"].as_str().unwrap().is_empty());
		json["error"].as_str().unwrap().to_owned()
	}
}

impl Fixture {
	/// A job with one input of three and a bit chunks, assigned.
	pub(crate) async fn new(caps: Caps) -> Self {
		let state = tempfile::tempdir().unwrap();
		let store = Store::open(state.path(), 1 << 30).unwrap();
		let input: Vec<u8> = (0..3 * CHUNK + 100).map(|at| (at % 251) as u8 + 1).collect();
		let reference = InputRef {
			root: H256(input_root::<Blake2b>(&input)),
			len: input.len() as u32,
		};
		let files = store.take(&JOB, &[reference], BUNDLE).unwrap();
		let data_key = Key::from_seed([3; 32]).unwrap();
		let table = Arc::new(Table::default());
		let identity = TlsIdentity::generate().unwrap();
		let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
		let address = listener.local_addr().unwrap();
		let stop = CancellationToken::new();
		let shared = Shared {
			genesis: GENESIS,
			provider: PROVIDER,
			backend: Box::new(|| "reference".to_owned()),
			jobs: table.clone(),
			limits: Limits::new(caps),
			trees: Trees::default(),
		};
		tokio::spawn(serve(
			listener,
			identity.server_config().unwrap(),
			router(Arc::new(shared)),
			caps.connections,
			stop.clone(),
		));
		let fixture = Self {
			_state: state,
			table,
			files,
			data_key,
			input,
			address,
			tls_key: H256(identity.key_hash().unwrap()),
			stop,
		};
		fixture.set(Phase::Assigned, false);
		fixture
	}

	pub(crate) fn set(&self, phase: Phase, public: bool) {
		let job = ServedJob {
			phase,
			data_key: self.data_key.public(),
			public,
			output: OUTPUT,
			bundle: matches!(phase, Phase::Committed { .. }),
			no_space: false,
			files: Some(self.files.clone()),
		};
		self.table.jobs.lock().unwrap().insert(JOB, job);
	}

	pub(crate) fn leaves(&self) -> Vec<u8> {
		self.input.chunks(CHUNK).flat_map(input_leaf::<Blake2b>).collect()
	}

	/// A signature by `key`, made at `now`.
	pub(crate) fn signed(&self, key: &Key, method: &str, object: &str, now: u64) -> String {
		auth::Request {
			genesis: GENESIS,
			provider: PROVIDER,
			job: JOB,
			method,
			object,
		}
		.sign(key.pair(), now)
	}

	pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
		let stream = TcpStream::connect(self.address).await.unwrap();
		let connector = TlsConnector::from(pin::client_config(self.tls_key).unwrap());
		let name = ServerName::try_from("localhost").unwrap();
		let stream = connector.connect(name, stream).await.unwrap();
		let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
		tokio::spawn(connection);
		let mut request = Request::builder().method(method).uri(path).header(HOST, "localhost");
		for (name, value) in headers {
			request = request.header(*name, *value);
		}
		let request = request.body(Full::new(Bytes::copy_from_slice(body))).unwrap();
		let response = sender.send_request(request).await.unwrap();
		let (parts, body) = response.into_parts();
		Answer {
			status: parts.status,
			headers: parts.headers,
			body: body.collect().await.unwrap().to_bytes(),
		}
	}

	/// What comes back for bytes that are no whole request, until the server closes.
	pub(crate) async fn raw(&self, head: &str) -> String {
		let stream = TcpStream::connect(self.address).await.unwrap();
		let connector = TlsConnector::from(pin::client_config(self.tls_key).unwrap());
		let mut stream = connector
			.connect(ServerName::try_from("localhost").unwrap(), stream)
			.await
			.unwrap();
		stream.write_all(head.as_bytes()).await.unwrap();
		stream.flush().await.unwrap();
		let mut answer = Vec::new();
		let mut block = [0u8; 4_096];
		while let Ok(read) = stream.read(&mut block).await {
			if read == 0 {
				break;
			}
			answer.extend_from_slice(&block[..read]);
		}
		String::from_utf8(answer).unwrap()
	}

	/// A request about the job, signed by its data key now.
	pub(crate) async fn ask(&self, method: Method, object: &str, body: &[u8]) -> Answer {
		let header = self.signed(&self.data_key, method.as_str(), object, auth::unix_now());
		self.send(method, &path(object), &[("authorization", &header)], body)
			.await
	}
}

pub(crate) fn path(object: &str) -> String {
	format!("/v1/jobs/{JOB}/{object}")
}
