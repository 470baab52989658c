//! What an operation allocates.

use tower_muster::BoxError;

/// How many operations are counted.
const COUNT: usize = 10_000;

/// Heap allocations per operation; the first ones, which fill the caches of the thread, are not counted.
pub(super) fn per_operation(
    mut operate: impl FnMut(usize) -> Result<(), BoxError>,
) -> Result<f64, BoxError> {
    operate(COUNT / 10)?;
    let mut outcome = Ok(());
    let counted = allocation_counter::measure(|| outcome = operate(COUNT));
    outcome?;
    Ok(counted.count_total as f64 / COUNT as f64)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::per_operation;

    #[test]
    fn each_allocation_of_each_operation_is_counted() {
        let allocations = per_operation(|count| {
            for _ in 0..count {
                drop(black_box((Box::new(1), Box::new(2))));
            }
            Ok(())
        });
        assert_eq!(allocations.expect("operations"), 2.0);
    }
}
