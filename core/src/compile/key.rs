//! The bytes of a shape.

/// Bytes that are in place as long as they are few, as almost all shapes are: making one then
/// asks for no memory, and what is added is stored and not copied by a call.
pub(super) struct Key {
    place: [u8; Self::PLACE],
    len: usize,
    /// All bytes, once there are too many.
    more: Vec<u8>,
}

impl Key {
    const PLACE: usize = 128;

    #[inline]
    pub(super) fn new() -> Self {
        Self {
            place: [0; Self::PLACE],
            len: 0,
            more: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        match self.place.get_mut(self.len..self.len + N) {
            Some(room) => {
                room.copy_from_slice(&bytes);
                self.len += N;
            }
            None => self.spill(&bytes),
        }
    }

    pub(super) fn put_slice(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.put([byte]);
        }
    }

    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        if self.more.is_empty() {
            self.more.extend_from_slice(&self.place[..self.len]);
            // Nothing fits from now on.
            self.len = Self::PLACE;
        }
        self.more.extend_from_slice(bytes);
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        if self.more.is_empty() {
            &self.place[..self.len]
        } else {
            &self.more
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn bytes_stay_in_order_when_they_no_longer_fit() {
        for before in 0..200_u8 {
            let mut key = Key::new();
            let mut expected = Vec::new();
            for byte in 0..before {
                key.put([byte]);
                expected.push(byte);
            }
            assert_eq!(key.as_slice(), expected);
            for _ in 0..3 {
                key.put([251, 252, 253]);
                key.put_slice(&[254]);
                expected.extend([251, 252, 253, 254]);
                assert_eq!(key.as_slice(), expected);
            }
        }
    }
}
