// Every file of these tests may use it, as if it were their own.
@_exported import TestSupport
