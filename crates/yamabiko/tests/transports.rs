//! However a server and a client are joined, calls are the same: every case
//! over every transport, on both drivers, and across them.

mod support;
#[macro_use]
mod transports_cases;

join!(tokio_over_tcp: Tokio, Tokio, Tcp, a_dropped_call_ends_at_the_server);
join!(tokio_over_unix: Tokio, Tokio, Unix, a_dropped_call_ends_at_the_server);
join!(tokio_over_tls: Tokio, Tokio, Tls, a_dropped_call_ends_at_the_server);
join!(tokio_over_mutual_tls: Tokio, Tokio, MutualTls, a_dropped_call_ends_at_the_server);
join!(tokio_over_tls_over_unix: Tokio, Tokio, TlsOverUnix, a_dropped_call_ends_at_the_server);
join!(tokio_over_memory: Tokio, Tokio, Memory, a_dropped_call_ends_at_the_server);
join!(tokio_over_custom: Tokio, Tokio, Custom, a_dropped_call_ends_at_the_server);
join!(blocking_over_tcp: Blocking, Blocking, Tcp);
join!(blocking_over_unix: Blocking, Blocking, Unix);
join!(blocking_over_tls: Blocking, Blocking, Tls);
join!(blocking_over_mutual_tls: Blocking, Blocking, MutualTls);
join!(blocking_over_tls_over_unix: Blocking, Blocking, TlsOverUnix);
join!(blocking_over_memory: Blocking, Blocking, Memory);
join!(tokio_client_of_blocking_server: Blocking, Tokio, Tls, a_dropped_call_ends_at_the_server);
join!(blocking_client_of_tokio_server: Tokio, Blocking, Tls);

#[cfg(target_os = "linux")]
join!(tokio_over_abstract: Tokio, Tokio, Abstract, a_dropped_call_ends_at_the_server);
#[cfg(target_os = "linux")]
join!(blocking_over_abstract: Blocking, Blocking, Abstract);
