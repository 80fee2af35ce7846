// Generated contract code and user types stand on the readers and writers of LanternValue.
@_exported public import LanternValue
