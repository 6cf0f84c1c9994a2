//! Our server of the standard cases.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use yamabiko::{
    Code, Context, Encoding, InvalidMetadata, Sender, Status, Stream, Streaming, Value,
};

use super::kept::{Kept, MAX_AGE};
use super::{ECHO_INITIAL, ECHO_TRAILING};
use crate::testing::*;

/// The service. Clones are the same server.
#[derive(Clone, Debug)]
pub struct Standard(Arc<State>);

#[derive(Debug)]
struct State {
    /// Tells this server from others.
    id: String,
    kept: Kept,
}

impl Default for Standard {
    fn default() -> Self {
        let id = format!("{}-{}", std::process::id(), nanoseconds());
        Standard(Arc::new(State { id, kept: Kept::default() }))
    }
}

impl TestService for Standard {
    async fn empty_call(&self, _: Empty, _: &Context) -> Result<Empty, Status> {
        Ok(Empty::default())
    }

    async fn unary_call(
        &self,
        request: SimpleRequest,
        context: &Context,
    ) -> Result<SimpleResponse, Status> {
        if request.response_compressed.value {
            context.set_compression(Encoding::Gzip);
        }
        echo_metadata(context)?;
        check_compression(request.expect_compressed.as_option(), context.request_compressed())?;
        check_type(request.response_type.to_i32())?;
        echo_status(request.response_status.as_option())?;
        let server_id = if request.fill_server_id { self.0.id.clone() } else { String::new() };
        let payload = zeros(request.response_size)?.into();
        Ok(SimpleResponse { payload, server_id, ..Default::default() })
    }

    async fn cacheable_unary_call(
        &self,
        request: SimpleRequest,
        context: &Context,
    ) -> Result<SimpleResponse, Status> {
        context.add_header("cache-control", &format!("max-age={}, public", MAX_AGE.as_secs()))?;
        let asked = request.payload.body.clone();
        let body = self.0.kept.answer(asked, || nanoseconds().to_string().into_bytes());
        let payload = Payload { body, ..Default::default() }.into();
        Ok(SimpleResponse { payload, ..Default::default() })
    }

    async fn streaming_output_call(
        &self,
        request: StreamingOutputCallRequest,
        context: &Context,
    ) -> Result<impl Stream<Item = Result<StreamingOutputCallResponse, Status>>, Status> {
        check_type(request.response_type.to_i32())?;
        if request.response_parameters.iter().any(|wanted| wanted.compressed.value) {
            context.set_compression(Encoding::Gzip);
        }
        Ok(yamabiko::stream(
            move |mut responses| async move { answer(&request, &mut responses).await },
        ))
    }

    async fn streaming_input_call(
        &self,
        mut requests: Streaming<StreamingInputCallRequest>,
        _: &Context,
    ) -> Result<StreamingInputCallResponse, Status> {
        let mut size = 0;
        while let Some(request) = requests.message().await? {
            check_compression(request.expect_compressed.as_option(), requests.came_compressed())?;
            size += request.payload.body.len();
        }
        let aggregated_payload_size =
            size.try_into().map_err(|_| Status::out_of_range("more than 2 GiB have come"))?;
        Ok(StreamingInputCallResponse { aggregated_payload_size, ..Default::default() })
    }

    async fn full_duplex_call(
        &self,
        mut requests: Streaming<StreamingOutputCallRequest>,
        context: &Context,
    ) -> Result<impl Stream<Item = Result<StreamingOutputCallResponse, Status>>, Status> {
        echo_metadata(context)?;
        Ok(yamabiko::stream(move |mut responses| async move {
            while let Some(request) = requests.message().await? {
                check_type(request.response_type.to_i32())?;
                echo_status(request.response_status.as_option())?;
                answer(&request, &mut responses).await?;
            }
            Ok(())
        }))
    }

    async fn half_duplex_call(
        &self,
        mut requests: Streaming<StreamingOutputCallRequest>,
        _: &Context,
    ) -> Result<impl Stream<Item = Result<StreamingOutputCallResponse, Status>>, Status> {
        Ok(yamabiko::stream(move |mut responses| async move {
            let mut asked = Vec::new();
            while let Some(request) = requests.message().await? {
                asked.push(request);
            }
            for request in &asked {
                answer(request, &mut responses).await?;
            }
            Ok(())
        }))
    }
}

/// One response for each of the request's parameters.
async fn answer(
    request: &StreamingOutputCallRequest,
    responses: &mut Sender<StreamingOutputCallResponse>,
) -> Result<(), Status> {
    for parameters in &request.response_parameters {
        if let Ok(pause @ 1..) = u64::try_from(parameters.interval_us) {
            sleep(Duration::from_micros(pause)).await;
        }
        let payload = zeros(parameters.size)?.into();
        let response = StreamingOutputCallResponse { payload, ..Default::default() };
        if parameters.compressed.value {
            responses.send(response).await?;
        } else {
            responses.send_uncompressed(response).await?;
        }
    }
    Ok(())
}

/// On tokio others have their turn; a worker of plain threads may sleep.
async fn sleep(pause: Duration) {
    if tokio::runtime::Handle::try_current().is_ok() {
        tokio::time::sleep(pause).await;
    } else {
        std::thread::sleep(pause);
    }
}

fn zeros(size: i32) -> Result<Payload, Status> {
    let size = usize::try_from(size)
        .map_err(|_| Status::invalid_argument(format!("not a size: {size}")))?;
    Ok(Payload { body: vec![0; size], ..Default::default() })
}

fn check_type(wanted: i32) -> Result<(), Status> {
    if wanted == PayloadType::COMPRESSABLE as i32 {
        return Ok(());
    }
    Err(Status::invalid_argument(format!("no such type of payload: {wanted}")))
}

fn check_compression(expected: Option<&BoolValue>, compressed: bool) -> Result<(), Status> {
    match expected {
        Some(expected) if expected.value != compressed => {
            let came = if compressed { "compressed" } else { "uncompressed" };
            Err(Status::invalid_argument(format!("the message came {came}")))
        }
        _ => Ok(()),
    }
}

/// Ends the call as it was asked to.
fn echo_status(wanted: Option<&EchoStatus>) -> Result<(), Status> {
    let Some(wanted) = wanted.filter(|wanted| wanted.code != 0) else { return Ok(()) };
    let code = u32::try_from(wanted.code).ok().and_then(Code::from_number);
    let code = code.ok_or_else(|| Status::invalid_argument("no such code"))?;
    Err(Status::new(code, wanted.message.clone()))
}

fn echo_metadata(context: &Context) -> Result<(), InvalidMetadata> {
    for (key, value) in context.metadata().iter() {
        match (key, value) {
            (ECHO_INITIAL, Value::Ascii(text)) => context.add_header(key, text)?,
            (ECHO_TRAILING, Value::Binary(bytes)) => context.add_trailer_bin(key, &bytes)?,
            _ => {}
        }
    }
    Ok(())
}

fn nanoseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}
