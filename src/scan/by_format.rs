//! What there is one of for each format of a layout: mostly one format has anything, and there are many blocks.

/// One value for each of some formats, in the order of the layout.
#[derive(Debug, Clone)]
pub struct ByFormat<T>(Vec<(u8, T)>);

impl<T> Default for ByFormat<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByFormat<T> {
    /// The value of a format, which is this one if there was none.
    pub fn or_insert(&mut self, format: u8, value: T) -> &mut T {
        let place = match self.0.binary_search_by_key(&format, |one| one.0) {
            Ok(place) => place,
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, (format, value));
                place
            }
        };
        &mut self.0[place].1
    }

    /// The value of a format.
    pub fn get(&self, format: u8) -> Option<&T> {
        let place = self.0.binary_search_by_key(&format, |one| one.0).ok()?;
        Some(&self.0[place].1)
    }

    /// True if no format has any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many formats have one.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All values with their formats.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &T)> {
        self.0.iter().map(|one| (one.0, &one.1))
    }

    /// All values, taken.
    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter().map(|one| one.1)
    }

    /// All values.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|one| &one.1)
    }
}
