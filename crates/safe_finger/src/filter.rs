//! The output filter: what a finger program or server says, made harmless.
//!
//! Pure: bytes in, bytes out, in constant memory. Each line begins with one blank, so that
//! none can pass for a mail header, a mail program's escape or a command; lines are cut to
//! a printable width; a byte that could drive a terminal is shown as its octal code.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Width at which a line is continued on the next, counting the leading blank.
const COLUMNS: usize = 128;

/// The column at which an output stands; 0 means that its line is still empty. Streams that go to the
/// same output share one, or the second could begin its line where no blank stands before it.
#[derive(Clone, Debug, Default)]
pub struct Column(Arc<AtomicUsize>);

impl Column {
    /// The column now.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Moves to another column.
    pub fn set(&self, column: usize) {
        self.0.store(column, Ordering::Relaxed);
    }
}

/// Filters one stream, over any number of [`Filter::feed`] calls.
#[derive(Debug)]
pub struct Filter {
    column: Column,
    limit: usize,
    left: usize,
}

/// Whether a filter takes more input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// More input is welcome.
    Open,
    /// The limit has been passed. The rest of the input is of no interest.
    Full,
}

impl Filter {
    /// A filter that lets `limit` input bytes through to an output at this column.
    pub fn new(limit: usize, column: Column) -> Self {
        Self {
            column,
            limit,
            left: limit,
        }
    }

    /// Appends the harmless form of `input` to `output`. The first byte over the limit
    /// appends a note instead; do not feed the filter any further then.
    pub fn feed(&mut self, input: &[u8], output: &mut Vec<u8>) -> Flow {
        let (taken, rest) = input.split_at(input.len().min(self.left));
        let end = taken.iter().fold(self.column.get(), |column, &byte| {
            write_byte(byte, column, output)
        });
        self.column.set(end);
        self.left -= taken.len();
        if rest.is_empty() {
            return Flow::Open;
        }
        let note = format!("\n\n Input truncated to {} bytes...\n", self.limit);
        output.extend_from_slice(note.as_bytes());
        self.column.set(0);
        Flow::Full
    }
}

/// Appends one byte to a line at this column; gives the next column.
fn write_byte(byte: u8, mut column: usize, output: &mut Vec<u8>) -> usize {
    if byte == b'\n' {
        output.push(b'\n');
        return 0;
    }
    if column >= COLUMNS {
        output.extend_from_slice(b"\\\n");
        column = 0;
    }
    if column == 0 {
        output.push(b' ');
        column = 1;
    }
    column + show(byte, output)
}

/// Appends one byte in its harmless form; gives the columns that count for it.
fn show(byte: u8, output: &mut Vec<u8>) -> usize {
    match byte {
        b'\\' => {
            output.extend_from_slice(b"\\\\");
            2
        }
        b' '..=b'~' | b'\t' | b'\x0b' | b'\x0c' => {
            output.push(byte);
            1
        }
        _ => {
            octal(byte, output);
            4
        }
    }
}

fn octal(byte: u8, output: &mut Vec<u8>) {
    let digit = |shift: u8| b'0' + (byte >> shift & 7);
    output.extend_from_slice(&[b'\\', digit(6), digit(3), digit(0)]);
}

/// Text from outside in harmless form, for use inside a message of our own.
pub fn escaped(text: &[u8]) -> String {
    let mut output = Vec::new();
    for &byte in text {
        match byte {
            b'\t' | b'\n' | b'\x0b' | b'\x0c' => octal(byte, &mut output),
            _ => _ = show(byte, &mut output),
        }
    }
    String::from_utf8_lossy(&output).into_owned()
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    fn filtered_up_to(limit: usize, input: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        let _ = Filter::new(limit, Column::default()).feed(input, &mut output);
        output
    }

    /// One case a line: input and output.
    macro_rules! shows {
        ($($name:ident: $input:expr => $output:expr;)*) => {
            $(#[test] fn $name() {
                let output = filtered_up_to(100_000, $input.as_ref());
                let readable = String::from_utf8_lossy(&output);
                assert_eq!(output, AsRef::<[u8]>::as_ref(&$output), "{readable:?}");
            })*
        };
    }

    shows! {
        nothing: b"" => b"";
        a_line_gets_a_blank: b"a\n" => b" a\n";
        every_line_gets_a_blank: b"a\nb\n" => b" a\n b\n";
        an_empty_line_stays_empty: b"\n\na\n" => b"\n\n a\n";
        a_missing_newline_stays_missing: b"a\nb" => b" a\n b";
        a_blank_is_kept: b" a\n" => b"  a\n";
        a_mail_header_is_text: b"From a\n.\n~!sh\n" => b" From a\n .\n ~!sh\n";
        backslash_is_doubled: b"\\" => b" \\\\";
        backslashes_are_doubled: b"a\\\\n" => b" a\\\\\\\\n";
        tab_passes: b"\ta" => b" \ta";
        vertical_tab_passes: b"\x0ba" => b" \x0ba";
        form_feed_passes: b"\x0ca" => b" \x0ca";
        carriage_return_is_octal: b"a\r\nb\rc" => b" a\\015\n b\\015c";
        nul_is_octal: b"\0" => b" \\000";
        escape_is_octal: b"\x1b[2J" => b" \\033[2J";
        bell_and_backspace_are_octal: b"\x07\x08" => b" \\007\\010";
        delete_is_octal: b"\x7f" => b" \\177";
        c1_controls_are_octal: b"\x80\x9b" => b" \\200\\233";
        utf8_is_octal: "\u{e9}".as_bytes() => b" \\303\\251";
        the_last_byte_is_octal: b"\xff" => b" \\377";
        first_and_last_printable: b" ~" => b"  ~";
        full_line: "x".repeat(127) => format!(" {}", "x".repeat(127));
        full_line_with_newline: "x".repeat(127) + "\n" => format!(" {}\n", "x".repeat(127));
        one_too_many: "x".repeat(128) => format!(" {}\\\n x", "x".repeat(127));
        two_lines_too_many: "x".repeat(255) =>
            format!(" {0}\\\n {0}\\\n x", "x".repeat(127));
        a_new_line_starts_the_count_again: format!("y\n{}\n", "x".repeat(127)) =>
            format!(" y\n {}\n", "x".repeat(127));
        octal_is_not_split: "x".repeat(126) + "\x1by" =>
            format!(" {}\\033\\\n y", "x".repeat(126));
        octal_in_the_next_line: "x".repeat(127) + "\x1b" =>
            format!(" {}\\\n \\033", "x".repeat(127));
        pair_is_not_split: "x".repeat(126) + "\\y" =>
            format!(" {}\\\\\\\n y", "x".repeat(126));
        a_tab_counts_one_column: "\t".repeat(128) => format!(" {}\\\n \t", "\t".repeat(127));
    }

    #[test]
    fn exactly_the_limit_passes() {
        assert_eq!(filtered_up_to(4, b"ab\nc"), b" ab\n c");
    }

    #[test]
    fn one_byte_over_the_limit_is_told() {
        let expected = b" ab\n c\n\n Input truncated to 4 bytes...\n";
        assert_eq!(filtered_up_to(4, b"ab\ncd"), expected);
    }

    #[test]
    fn the_limit_counts_input_and_newlines() {
        assert_eq!(filtered_up_to(2, b"\0\n"), b" \\000\n");
        assert_eq!(
            filtered_up_to(2, b"\0\n\n"),
            b" \\000\n\n\n Input truncated to 2 bytes...\n"
        );
    }

    #[test]
    fn the_filter_says_when_it_is_full() {
        let mut filter = Filter::new(2, Column::default());
        let mut output = Vec::new();
        assert_eq!(filter.feed(b"ab", &mut output), Flow::Open);
        assert_eq!(filter.feed(b"", &mut output), Flow::Open);
        assert_eq!(filter.feed(b"c", &mut output), Flow::Full);
    }

    fn random_stream(random: &mut Rng) -> Vec<u8> {
        let common = b"\n\n\\x \x1b\r\t";
        let length = random.usize(..1500);
        (0..length)
            .map(|_| match random.u8(..4) {
                0 => random.u8(..),
                1 => common[random.usize(..common.len())],
                _ => b'x',
            })
            .collect()
    }

    #[test]
    fn chunks_make_no_difference() {
        let mut random = Rng::with_seed(1);
        for _ in 0..2000 {
            let input = random_stream(&mut random);
            let limit = random.usize(1..=2000);
            let mut filter = Filter::new(limit, Column::default());
            let (mut output, mut rest) = (Vec::new(), input.as_slice());
            while !rest.is_empty() {
                let (chunk, tail) = rest.split_at(random.usize(1..=rest.len().min(40)));
                rest = if filter.feed(chunk, &mut output) == Flow::Open {
                    tail
                } else {
                    b""
                };
            }
            assert_eq!(
                output,
                filtered_up_to(limit, &input),
                "limit {limit}, {input:?}"
            );
        }
    }

    #[test]
    fn whatever_comes_in_only_harmless_lines_come_out() {
        let mut random = Rng::with_seed(2);
        for _ in 0..2000 {
            let output = filtered_up_to(1000, &random_stream(&mut random));
            for line in output.split(|&byte| byte == b'\n') {
                assert!(line.is_empty() || line[0] == b' ', "{line:?}");
                assert!(line.len() <= COLUMNS + 4, "{line:?}");
                assert!(
                    line.iter()
                        .all(|byte| matches!(byte, b' '..=b'~' | 9 | 11 | 12))
                );
            }
        }
    }

    #[test]
    fn streams_of_one_output_share_its_lines() {
        let column = Column::default();
        let mut filters = [(); 2].map(|()| Filter::new(100, column.clone()));
        let mut output = Vec::new();
        for (stream, text) in [(0, b"a"), (1, b"\n"), (0, b".")] {
            let _ = filters[stream].feed(text, &mut output);
        }
        assert_eq!(output, b" a\n .");
    }

    #[test]
    fn messages_hold_no_control_bytes() {
        assert_eq!(
            escaped(b"a b\\\n\r\t\x0b\x0c\x1b\xff"),
            "a b\\\\\\012\\015\\011\\013\\014\\033\\377"
        );
    }
}
