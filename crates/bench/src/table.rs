//! Samples, their medians, and the table of results.

use std::fmt;
use std::time::Duration;

/// Times of one program, in microseconds.
#[derive(Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a time.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e6);
    }

    /// The value below which this share of the samples lies.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() as f64 * share) as usize;
        sorted
            .get(at)
            .or(sorted.last())
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// The middle one.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// The results, in rows.
#[derive(Default)]
pub(crate) struct Table(Vec<[String; 4]>);

impl Table {
    /// A row of times, with what its median is compared with.
    pub(crate) fn times(&mut self, what: &str, samples: &Samples, ratio: String) {
        let spread = format!(
            "{} to {}",
            shown(samples.quantile(0.25)),
            shown(samples.quantile(0.75))
        );
        self.row(what, shown(samples.median()), spread, ratio);
    }

    /// Any other row.
    pub(crate) fn row(&mut self, what: &str, value: String, spread: String, ratio: String) {
        self.0.push([what.to_owned(), value, spread, ratio]);
    }
}

/// Microseconds, in the unit that reads best.
pub(crate) fn shown(time: f64) -> String {
    match time {
        ..10.0 => format!("{time:.2} us"),
        ..1_000.0 => format!("{time:.0} us"),
        _ => format!("{:.2} ms", time / 1e3),
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | median | middle half of the runs | ratio |")?;
        writeln!(f, "|---|---|---|---|")?;
        for row in &self.0 {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let mut samples = Samples::default();
        for time in [5, 1, 9, 3, 7] {
            samples.add(Duration::from_micros(time));
        }
        assert_eq!(samples.median(), 5.0);
        assert_eq!(samples.quantile(0.25), 3.0);
        assert_eq!(samples.quantile(1.0), 9.0);
    }
}
