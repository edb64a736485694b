import Harness
import Mechanisms
import Testing
import Trials

/// What is in flight is the same for every mechanism, and trials run with what was found for that.
@Suite(.serialized) struct BufferTests {
  @Test(arguments: BuiltProgram.mechanisms.map(\.name), [64, 4096, 65_536])
  func aTrialHasTheBufferThatWasFound(name: String, payloadBytes: Int) throws {
    var driver = BuiltProgram.driver()
    let workload = Workload(pattern: .stream, payloadBytes: payloadBytes)
    let trial = Trial.of(name, workload, for: .messages(50))
    #expect(try driver.fitBuffers(of: [trial.configuration]).isEmpty)
    let fit = try #require(driver.buffers[trial.configuration])
    // Where a stock kernel's limits hold, small messages fit in less; a layout of its own is the ring's
    // business; and an RPC library writes small calls by the dozen kilobytes.
    let most = name == "onc-rpc-tcp" ? 1.25 : 1.1
    #expect(
      !fit.isFarOff(byMoreThan: most) || fit.limit != nil || fit.settingBytes == nil, "\(fit)")

    let outcome = try driver.run(trial)
    #expect(outcome.status == .ok, "\(outcome.error)")
    #expect(outcome.capacityBytes == fit.capacityBytes)
  }

  /// The library adds a header to each call, and the server's end takes calls as bytes.
  @Test(arguments: ["onc-rpc-unix", "onc-rpc-tcp"])
  func ofSmallCallsASocketHasToHoldMoreThanTheirPayload(name: String) throws {
    let mechanism = try #require(BuiltProgram.mechanism(name))
    let workload = Workload(pattern: .stream, payloadBytes: 16)
    let small = try #require(try mechanism.fitBuffer(for: workload, setting: 64 << 10))
    let large = try #require(
      try mechanism.fitBuffer(
        for: Workload(pattern: .stream, payloadBytes: 16 << 10), setting: 64 << 10))
    #expect(small.capacityBytes > 0)
    #expect(small.capacityBytes * 2 < large.capacityBytes)
  }

  @Test func aFloorHasNone() throws {
    var driver = BuiltProgram.driver()
    let trial = Trial.of(
      "floor-null", Workload(pattern: .pingPong, payloadBytes: 64), for: .messages(9))
    #expect(try driver.fitBuffers(of: [trial.configuration]).isEmpty)
    #expect(driver.buffers.all.isEmpty)
    #expect(try driver.run(trial).capacityBytes == nil)
  }

  @Test func whatIsRefusedIsSaidOnceForEachMechanism() throws {
    var driver = BuiltProgram.driver()
    let configurations = [64, 4096].map { payload in
      let workload = Workload(pattern: .stream, payloadBytes: payload, bufferBytes: 1 << 30)
      return Trial.of("unix-stream", workload, for: .messages(1)).configuration
    }
    let errors = try driver.fitBuffers(of: configurations)
    #expect(errors["unix-stream"]?.text.contains("net.core.wmem_max") == true)
    #expect(driver.buffers.all.isEmpty)
  }
}
