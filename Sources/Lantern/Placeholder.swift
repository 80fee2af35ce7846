private import NIOPosix
private import Logging
private import Metrics
private import ServiceLifecycle
private import Yams
