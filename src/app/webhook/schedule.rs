//! When what failed is tried again.

/// Seconds from one attempt to the next; after the last it is parked. They are more than 24 hours in all.
const DELAYS: [i64; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200];
/// A receiver may ask to be left alone for so many seconds at the most.
const MOST_PATIENCE: i64 = 3_600;

/// Seconds until the next attempt after so many have failed; `None`: there is none. Up to a fifth is added by `seed`, so
/// that not all come at once; nothing is taken away. `asked` is what the receiver asked for.
pub(super) fn delay(attempts: u32, seed: u32, asked: Option<u32>) -> Option<i64> {
    let delay = *DELAYS.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    let jitter = delay * i64::from(seed % 200) / 1_000;
    let asked = i64::from(asked.unwrap_or(0)).min(MOST_PATIENCE);
    Some((delay + jitter).max(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_for_more_than_a_day_and_then_parked() {
        for seed in [0, 1, 199, 200, u32::MAX] {
            let delays: Vec<_> = (1..).map_while(|it| delay(it, seed, None)).collect();
            assert_eq!(delays.len(), 10);
            assert!(delays.is_sorted());
            let all: i64 = delays.iter().sum();
            assert!((86_400..86_400 * 3 / 2).contains(&all), "{all}");
        }
    }

    #[test]
    fn a_receiver_is_heard_within_bounds() {
        assert_eq!(delay(1, 0, Some(60)), Some(60));
        assert_eq!(delay(1, 0, Some(2)), Some(5));
        assert_eq!(delay(1, 0, Some(u32::MAX)), Some(3_600));
        assert_eq!(delay(10, 0, Some(60)), Some(43_200));
        assert_eq!(delay(11, 0, Some(60)), None);
    }
}
