import Testing

/// Tests in which two threads work against each other, one test after the other: each thread takes a
/// processor while it spins, and with more of them than processors every wait lasts a time slice.
@Suite(.serialized) struct TwoSides {}
