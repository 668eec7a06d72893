//! TLS connections in, HTTP/1.1 requests to the router.

use super::routes::Peer;
use axum::Router;
use hyper::{body::Incoming, server::conn::http1, service::service_fn, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::Semaphore,
	task::JoinSet,
	time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// A peer that is silent during the handshake or between a request's headers for this long is dropped.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long answers under way may take once the endpoint is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Serves until `stop` is cancelled, then lets answers under way end for a few seconds. Never ends for an error of one
/// connection.
pub async fn serve(
	listener: TcpListener,
	tls: Arc<ServerConfig>,
	router: Router,
	connections: usize,
	stop: CancellationToken,
) {
	let acceptor = TlsAcceptor::from(tls);
	let permits = Arc::new(Semaphore::new(connections));
	let mut tasks = JoinSet::new();
	loop {
		// The permit comes first: above the cap, connections wait in the kernel's queue.
		let permit = tokio::select! {
			() = stop.cancelled() => break,
			permit = permits.clone().acquire_owned() => permit,
		};
		let Ok(permit) = permit else { break };
		let (stream, peer) = tokio::select! {
			() = stop.cancelled() => break,
			accepted = listener.accept() => match accepted {
				Ok(accepted) => accepted,
				Err(error) => {
					// Out of file descriptors, most likely: wait for some to be closed.
					tracing::warn!(%error, "cannot accept a connection");
					sleep(Duration::from_millis(200)).await;
					continue;
				},
			},
		};
		while tasks.try_join_next().is_some() {}
		let (acceptor, router, stop) = (acceptor.clone(), router.clone(), stop.clone());
		tasks.spawn(async move {
			connection(stream, peer, acceptor, router, stop).await;
			drop(permit);
		});
	}
	let all_ended = async { while tasks.join_next().await.is_some() {} };
	let _ = timeout(LAST_ANSWERS, all_ended).await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, tls: TlsAcceptor, router: Router, stop: CancellationToken) {
	let stream = match timeout(PATIENCE, tls.accept(stream)).await {
		Ok(Ok(stream)) => stream,
		Ok(Err(error)) => {
			tracing::debug!(%peer, %error, "TLS handshake failed");
			return;
		}
		Err(_) => return,
	};
	let service = service_fn(move |mut request: Request<Incoming>| {
		request.extensions_mut().insert(Peer(peer.ip()));
		router.clone().call(request)
	});
	let mut builder = http1::Builder::new();
	builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
	let connection = builder.serve_connection(TokioIo::new(stream), service);
	tokio::pin!(connection);
	let result = tokio::select! {
		result = connection.as_mut() => result,
		() = stop.cancelled() => {
			connection.as_mut().graceful_shutdown();
			connection.as_mut().await
		},
	};
	if let Err(error) = result {
		tracing::debug!(%peer, %error, "connection ended early");
	}
}
