//! What was measured, in few numbers.

use std::time::Duration;

/// How long each of many things took.
#[derive(Default)]
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    pub(crate) fn push(&mut self, latency: Duration) {
        self.0.push(u32::try_from(latency.as_nanos()).unwrap_or(u32::MAX));
    }

    pub(crate) fn extend(&mut self, others: Latencies) {
        self.0.extend(others.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The latencies, in microseconds, that so many of a thousand do not exceed.
    pub(crate) fn quantiles<const N: usize>(mut self, per_mille: [usize; N]) -> [f64; N] {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        per_mille.map(|it| self.0.get(last * it / 1_000).map_or(0.0, |it| f64::from(*it) / 1e3))
    }
}

/// The middle one of several numbers.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    let (low, high) = (numbers[(numbers.len() - 1) / 2], numbers[numbers.len() / 2]);
    (low + high) / 2.0
}

/// The greatest of several numbers.
pub(crate) fn best(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().fold(0.0, f64::max)
}
