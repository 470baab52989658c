//! The value in the middle.

/// How many values are looked at: enough for a median that wavers by a tenth, and less than a
/// microsecond's work.
pub(crate) const MOST: usize = 64;

/// The median of up to [`MOST`] values, without an allocation; more are left out.
#[derive(Debug)]
pub(crate) struct Median {
    values: [f32; MOST],
    known: usize,
}

impl Median {
    /// The lower of the two in the middle, if there are two.
    pub(crate) fn get(&mut self) -> Option<f32> {
        let middle = self.known.checked_sub(1)? / 2;
        let values = &mut self.values[..self.known];
        Some(*values.select_nth_unstable_by(middle, f32::total_cmp).1)
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.known
    }

    pub(crate) fn push(&mut self, value: f32) {
        if let Some(place) = self.values.get_mut(self.known) {
            *place = value;
            self.known += 1;
        }
    }
}

impl Default for Median {
    fn default() -> Self {
        Self {
            values: [0.0; MOST],
            known: 0,
        }
    }
}

impl Extend<f32> for Median {
    fn extend<I: IntoIterator<Item = f32>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

impl FromIterator<f32> for Median {
    fn from_iter<I: IntoIterator<Item = f32>>(values: I) -> Self {
        let mut median = Self::default();
        median.extend(values);
        median
    }
}

#[cfg(test)]
mod tests {
    use super::Median;

    fn median(values: impl IntoIterator<Item = f32>) -> Option<f32> {
        values.into_iter().collect::<Median>().get()
    }

    #[test]
    fn the_median_is_the_lower_of_the_two_in_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([7.0]), Some(7.0));
        assert_eq!(median([9.0, 1.0]), Some(1.0));
        assert_eq!(median([9.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median([4.0, 9.0, 1.0, 3.0]), Some(3.0));
    }

    #[test]
    fn of_many_values_the_first_count() {
        assert_eq!(median((1..=1_000_u16).map(f32::from)), Some(32.0));
    }
}
