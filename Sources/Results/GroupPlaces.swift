import Trials

/// Where the groups of a run's configurations are, in the order of their first trials.
struct GroupPlaces: Sendable {
  /// Of the groups, by their places.
  private(set) var configurations: [Configuration] = []
  private var places: [Configuration: Int] = [:]
  /// By the configuration without its batch; in order.
  private var placesOfAnyBatch: [Configuration: [Int]] = [:]

  subscript(configuration: Configuration) -> Int? { places[configuration] }

  func places(ofAnyBatch configuration: Configuration) -> [Int] {
    placesOfAnyBatch[configuration.withoutBatch] ?? []
  }

  /// The place of a trial's group; the number of groups there were, if it is the first of a new one.
  ///
  /// In files from when each trial chose its batch, one that failed has none. It belongs to the
  /// configuration's other trials, whichever came first.
  mutating func place(of record: TrialRecord) -> Int {
    let configuration = record.configuration
    if let place = known(record) { return place }
    if configuration.workload.roundTripsPerSample != nil, record.status == .ok,
      let place = places[configuration.withoutBatch]
    {
      configurations[place] = configuration
      places[configuration.withoutBatch] = nil
      places[configuration] = place
      return place
    }
    let place = configurations.count
    configurations.append(configuration)
    places[configuration] = place
    placesOfAnyBatch[configuration.withoutBatch, default: []].append(place)
    return place
  }

  /// The place of a trial's group; nil if there is none yet.
  func known(_ record: TrialRecord) -> Int? {
    if let place = places[record.configuration] { return place }
    guard record.status != .ok, record.configuration.workload.roundTripsPerSample == nil else {
      return nil
    }
    return places(ofAnyBatch: record.configuration).first
  }
}

extension Configuration {
  package var withoutBatch: Configuration {
    var configuration = self
    configuration.workload.roundTripsPerSample = nil
    return configuration
  }
}
