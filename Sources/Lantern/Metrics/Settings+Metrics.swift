package import CoreMetrics

extension Settings {
    /// The settings with the backend that metrics go to, chosen once for all that a daemon is made of.
    ///
    /// With ``monitoring`` there is a ``PrometheusRegistry``: the one that the program set or bootstrapped, or else one
    /// more beside what the program has.
    package func choosingMetrics() -> Settings {
        guard exposition == nil else { return self }
        var settings = self
        let chosen = metrics ?? MetricsSystem.factory
        settings.metrics = chosen
        guard monitoring != nil else { return settings }
        if let registry = chosen as? PrometheusRegistry {
            settings.exposition = registry
        } else {
            let registry = PrometheusRegistry()
            settings.exposition = registry
            settings.metrics =
                chosen is NOOPMetricsHandler
                ? registry : MultiplexMetricsHandler(factories: [chosen, registry])
        }
        return settings
    }

    /// Where metrics go.
    package var metricsFactory: any MetricsFactory { metrics ?? MetricsSystem.factory }
}
