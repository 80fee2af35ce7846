import GRDB
import Lantern

/// SQLite's errors in words that an operator can act on.
enum StoreFailure {
    /// What a caller of the name server is told.
    static func namingError(_ error: any Error) -> any Error {
        switch error {
        case let error as NamingError: return error
        case let error as DatabaseError: return NamingError.storeFailed(reason(error))
        case is CancellationError: return NamingError.storeFailed("it is shutting down")
        default: return NamingError.storeFailed("\(error)")
        }
    }

    /// What the operator is told when the store does not open.
    static func openError(_ error: any Error, path: String) -> any Error {
        switch error {
        case is LanternError: return error
        case let error as DatabaseError:
            return LanternError(
                .configuration, "\(path): the name store cannot be opened: \(reason(error))\(advice(error))")
        default: return LanternError(.configuration, "\(path): the name store cannot be opened: \(error)")
        }
    }

    static func reason(_ error: DatabaseError) -> String {
        switch error.resultCode {
        case .SQLITE_FULL: "the disk is full"
        case .SQLITE_READONLY, .SQLITE_PERM: "the file is read-only"
        case .SQLITE_BUSY, .SQLITE_LOCKED: "the file is locked by another process"
        case .SQLITE_CORRUPT: "the file is damaged"
        case .SQLITE_NOTADB: "the file is no SQLite database"
        case .SQLITE_IOERR: "the disk reports an error"
        case .SQLITE_CANTOPEN: "the file cannot be opened"
        case .SQLITE_NOMEM: "there is no memory left"
        case .SQLITE_INTERRUPT, .SQLITE_ABORT, .SQLITE_MISUSE: "it is shutting down"
        default: "SQLite reports \(error.resultCode.rawValue): \(error.message ?? "no reason")"
        }
    }

    private static func advice(_ error: DatabaseError) -> String {
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: "; `lantern nsc restore BACKUP` puts a backup in its place"
        default: ""
        }
    }
}
