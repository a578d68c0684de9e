//! Many questions about the same tables: one a line in, one JSON object for each address out.
//!
//! The tables are read once. A line that cannot be answered gets an object with an `error`, and the
//! next line is read. Answers leave as soon as no further question waits.

use std::io::{BufRead, BufReader, Read};
use std::process::ExitCode;

use serde_json::json;
use tools::output::Output;

use crate::answer::{Answer, AnswerLog, text};
use crate::lookups::Lookups;
use crate::predictor::Predictor;
use crate::question::{Question, QuestionError};

/// Longest line, in bytes. Names are far shorter; an endless line must not fill the memory.
const MAX_LINE_BYTES: usize = 64 << 10;

/// Answers each line. The exit status says whether all could be answered.
pub(crate) fn run(source: impl Read, predictor: &Predictor, output: &Output) -> ExitCode {
    let mut source = BufReader::with_capacity(2 * MAX_LINE_BYTES, source);
    let lookups = Lookups::default();
    let mut line = Vec::new();
    let mut all_answered = true;
    for number in 1_u64.. {
        if source.buffer().is_empty() {
            output.push();
        }
        let outcome = match next_line(&mut source, &mut line) {
            Ok(LineRead::End) => break,
            Ok(LineRead::Line) if is_nothing(&line) => continue,
            Ok(LineRead::Line) => answer_line(&line, number, predictor, &lookups, output)
                .map_err(|error| error.to_string()),
            Ok(LineRead::TooLong) => Err(format!(
                "line of over {MAX_LINE_BYTES} bytes; write one question a line"
            )),
            Err(error) => {
                let reason = hosts_access::fault::reason(&error);
                output.line(json!({"error": format!("cannot read on: {reason}"), "line": number}));
                all_answered = false;
                break;
            }
        };
        if let Err(error) = outcome {
            all_answered = false;
            let shown = text(line.get(..200).unwrap_or(&line));
            output.line(json!({"error": error, "line": number, "query": shown}));
        }
        if output.has_failed() {
            break;
        }
    }
    if all_answered {
        ExitCode::SUCCESS
    } else {
        crate::EXIT_UNABLE.into()
    }
}

/// Whether a line is blank or a comment.
pub(crate) fn is_nothing(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    text.is_empty() || text.starts_with(b"#")
}

fn answer_line(
    line: &[u8],
    number: u64,
    predictor: &Predictor,
    lookups: &Lookups,
    output: &Output,
) -> Result<(), QuestionError> {
    let question = Question::parse(line)?;
    for mut request in lookups.requests(&question)? {
        let heard = AnswerLog::default();
        let told = predictor.without_name(&request).into_iter().collect();
        let prediction = predictor.decide(&mut request, &heard, None);
        let mut answer = Answer::new(&request, &prediction, heard, told);
        answer.line = Some(number);
        answer.query = Some(text(line.trim_ascii()));
        answer.write(output);
    }
    Ok(())
}

/// What came of reading a line.
enum LineRead {
    Line,
    TooLong,
    End,
}

/// Reads a line without its newline. One that is too long is cut, and its rest skipped.
fn next_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<LineRead> {
    line.clear();
    let mut limited = source.take(MAX_LINE_BYTES as u64 + 1);
    if limited.read_until(b'\n', line)? == 0 {
        return Ok(LineRead::End);
    }
    if line.pop_if(|byte| *byte == b'\n').is_some() || line.len() <= MAX_LINE_BYTES {
        return Ok(LineRead::Line);
    }
    source.skip_until(b'\n')?;
    Ok(LineRead::TooLong)
}
