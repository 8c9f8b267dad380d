export const Projects = ({ projects, open, toggle }) => (
  <table>
    {projects.map((project) => (
      <tr key={project.key}>
        <td><a onClick={() => open(project)}>{project.name}</a></td>
        <td><input type="checkbox" checked={project.is_active} onChange={() => toggle(project)} /></td>
      </tr>
    ))}
  </table>
)
