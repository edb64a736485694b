/// One cell of a run's matrix: everything that is held constant over its repetitions.
public struct Configuration: Codable, Hashable, Sendable {
  public var mechanism: String
  public var workload: Workload
  public var cores: CorePair
  /// The NUMA node that both workers' memory is bound to; nil leaves it to first touch.
  public var memoryNode: Int?

  public init(mechanism: String, workload: Workload, cores: CorePair, memoryNode: Int? = nil) {
    self.mechanism = mechanism
    self.workload = workload
    self.cores = cores
    self.memoryNode = memoryNode
  }
}

/// The logical CPUs that a trial's two workers are pinned to, and what the pair is called.
public struct CorePair: Codable, Hashable, Sendable {
  public var placement: Placement
  public var producer: Int
  public var consumer: Int

  public init(placement: Placement, producer: Int, consumer: Int) {
    self.placement = placement
    self.producer = producer
    self.consumer = consumer
  }

  /// Whether both workers share a logical CPU, so that only one of them can run at a time.
  public var areOne: Bool { producer == consumer }
}

/// The limits that every trial of a run shares.
public struct TrialLimits: Codable, Hashable, Sendable {
  public var length: TrialLength
  public var warmUpNanoseconds: UInt64
  /// From spawning the workers to their last report; a trial that takes longer is killed.
  public var timeoutNanoseconds: UInt64

  public init(length: TrialLength, warmUpNanoseconds: UInt64, timeoutNanoseconds: UInt64) {
    self.length = length
    self.warmUpNanoseconds = warmUpNanoseconds
    self.timeoutNanoseconds = timeoutNanoseconds
  }
}

/// One repetition of a configuration: a fresh pair of processes.
public struct Trial: Codable, Hashable, Sendable {
  /// Counts from 1 in the order of execution.
  public var number: Int
  /// Every configuration runs once in each block; counts from 1.
  public var block: Int
  /// Place in the block's shuffled order; counts from 1.
  public var position: Int
  public var configuration: Configuration
  public var limits: TrialLimits
  /// Decides what is drawn at random within the trial: the gaps of Poisson arrivals.
  public var seed: UInt64

  public init(
    number: Int, block: Int, position: Int, configuration: Configuration, limits: TrialLimits,
    seed: UInt64 = 0
  ) {
    self.number = number
    self.block = block
    self.position = position
    self.configuration = configuration
    self.limits = limits
    self.seed = seed
  }

  /// The seed of a run's trial, which the run's own seed and the trial's number give again.
  ///
  /// Two draws, so that neither runs nor trials whose numbers are neighbours have gaps in common.
  public static func seed(ofTrial number: Int, inRunSeeded runSeed: UInt64) -> UInt64 {
    var run = SeededGenerator(seed: runSeed)
    var trial = SeededGenerator(seed: run.next() &+ UInt64(number))
    return trial.next()
  }
}
